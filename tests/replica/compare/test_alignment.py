"""Two sessions on one axis, step by step."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from replica.compare.alignment import Part, Step, chained, step_by_step

SPANS = st.tuples(st.integers(0, 400), st.integers(0, 90)).map(lambda one: (float(one[0]), float(one[0] + one[1])))
STEPS = st.lists(st.tuples(SPANS, SPANS), max_size=12)


def test_a_step_begins_at_one_place_and_what_is_longer_sticks_out() -> None:
    base, new = step_by_step([((100, 200), (120, 420)), ((250, 260), (470, 475))], (300, 500))
    assert base == [Part(0, 100, 0), Part(100, 200, 120), Part(200, 250, 420), Part(250, 260, 470), Part(260, 300, 480)]
    assert [part.at for part in new] == [part.at for part in base]


def test_of_steps_that_overlap_or_change_places_the_weightier_count() -> None:
    first, last, elsewhere = ((0, 40), (0, 40)), ((50, 90), (50, 90)), ((41, 44), (91, 99))
    assert chained([last, elsewhere, first]) == [first, last]
    filled, empty = ((0, 90), (0, 90)), ((0, 900), (0, 900))
    assert chained([filled, last, first]) == [first, last]
    assert chained([empty, ((50, 50), (50, 50)), ((60, 61), (60, 61))]) == [empty]


def test_without_steps_both_begin_together() -> None:
    assert step_by_step([], (300, 500)) == ([Part(0, 300, 0)], [Part(0, 500, 0)])


@given(STEPS)
def test_parts_lie_behind_each_other_and_are_as_long_on_the_axis_as_the_longer_one(
    steps: list[Step],
) -> None:
    sides = step_by_step(steps, (500.0, 500.0))
    for parts in sides:
        assert parts[0].start == 0.0
        assert all(one.end == other.start for one, other in pairwise(parts))
        assert all(one.at + one.end - one.start <= other.at for one, other in pairwise(parts))
    for one, other, behind in zip(*sides, [*sides[0][1:], None], strict=True):
        assert one.at == other.at
        assert behind is None or behind.at - one.at == max(one.end - one.start, other.end - other.start)
