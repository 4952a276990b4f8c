"""How far and how surely values moved, held against slow readings of the definitions."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.compare.statistics import _arrangements, certainty_of, corrected, p_values, shift_between
from replica.compare.subjects import Certainty, Kind, Sample, Subject

values = st.lists(st.integers(0, 12).map(float), min_size=2, max_size=5)


def two_sided(base: list[float], new: list[float]) -> float:
    """Of all ways to deal the values to the two sides, the share in which U lies at least as far from its middle."""
    everything = [*base, *new]

    def distance(chosen: tuple[int, ...]) -> float:
        ours = [everything[i] for i in chosen]
        rest = [everything[i] for i in range(len(everything)) if i not in chosen]
        u = sum((a > b) + (a == b) / 2 for a in ours for b in rest)
        return abs(u - len(ours) * len(rest) / 2)

    observed = distance(tuple(range(len(base))))
    dealt = [distance(chosen) for chosen in combinations(range(len(everything)), len(base))]
    return sum(one >= observed - 1e-9 for one in dealt) / len(dealt)


@given(values, values)
def test_a_p_counts_all_ways_to_deal_the_values(base: list[float], new: list[float]) -> None:
    """Also where values repeat, of which the tables of the test know nothing. SciPy doubles the smaller tail."""
    [p] = p_values([(base, new)])
    if len({*base, *new}) == len(base) + len(new):
        assert p == pytest.approx(two_sided(base, new))
    elif len({*base, *new}) == 1:
        assert p == 1.0
    else:
        assert two_sided(base, new) / 2 - 1e-9 <= p <= min(1.0, 2 * two_sided(base, new) + 1e-9)


def test_pairs_of_several_sizes_keep_their_places() -> None:
    pairs = [([1.0, 2, 3, 4], [5.0, 6, 7, 8]), ([1.0, 1, 1], [1.0, 1]), ([1.0, 3, 5, 7], [2.0, 4, 6, 8])]
    p = p_values(pairs)
    assert p[0] == pytest.approx(2 / 70)
    assert p[1] == 1.0
    assert p[2] > 0.5


def test_the_arrangements_of_u_are_those_of_its_definition() -> None:
    counted = np.zeros(13)
    for chosen in combinations(range(7), 3):
        counted[sum(i - n for n, i in enumerate(chosen))] += 1
    assert _arrangements(3, 4).tolist() == counted.tolist()


def test_a_shift_is_the_median_of_all_differences_within_its_interval() -> None:
    shift = shift_between([1.0, 2.0, 3.0, 4.0], [11.0, 12.0, 13.0, 14.0])
    assert (shift.value, shift.low, shift.high) == (10.0, 7.0, 13.0)  # all 16 differences: 97 % of 4 against 4


def test_three_against_three_have_no_interval() -> None:
    shift = shift_between([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    assert (shift.value, shift.low, shift.high) == (3.0, None, None)


@pytest.mark.parametrize("a_side", [6, 12, 30])
def test_the_interval_covers_the_true_shift_as_often_as_it_says(a_side: int) -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        base, new = rng.exponential(10, a_side).tolist(), (rng.exponential(10, a_side) + 5).tolist()
        shift = shift_between(base, new)
        assert shift.low is not None
        assert shift.high is not None
        covered += shift.low <= 5 <= shift.high
    assert covered >= 180


def test_a_family_of_one_is_not_corrected() -> None:
    assert corrected([0.04]) == [0.04]
    assert corrected([]) == []
    assert corrected([0.01, 0.02, 0.9]) == pytest.approx([0.03, 0.03, 0.9])


def word(base: list[float], new: list[float], p: float, q: float, parent_moved: bool) -> Certainty:
    base_samples, new_samples = ([Sample(str(n), one) for n, one in enumerate(side)] for side in (base, new))
    subject = Subject(Kind.LABEL, "x", base_samples, new_samples)
    return certainty_of(subject, shift_between(base, new), p, q, parent_moved)


APART = ([1.0, 2.0, 3.0, 4.0], [50.0, 51.0, 52.0, 53.0])
MANY = ([*APART[0], 5.0, 6.0], [*APART[1], 54.0, 55.0])


@pytest.mark.parametrize(
    ("sides", "q", "parent_moved", "expected"),
    [
        (APART, 0.1, True, Certainty.CLEAR),  # separation of few runs
        (APART, 0.1, False, Certainty.LIKELY),  # counts under a moved parent alone
        (MANY, 0.1, True, Certainty.LIKELY),  # and of few runs alone
        (MANY, 0.04, True, Certainty.CLEAR),
        (MANY, 0.04, False, Certainty.LIKELY),  # alone it takes half the level
        (MANY, 0.02, False, Certainty.CLEAR),
        (MANY, 0.3, True, Certainty.CANNOT_TELL),
    ],
)
def test_the_words(sides: tuple[list[float], list[float]], q: float, parent_moved: bool, expected: Certainty) -> None:
    assert word(*sides, 0.03, q, parent_moved) == expected


def test_values_that_vary_by_more_than_they_moved_are_not_apart() -> None:
    assert word([1.0, 20.0, 40.0, 60.0], [61.0, 62.0, 90.0, 120.0], 0.03, 0.1, True) == Certainty.LIKELY
