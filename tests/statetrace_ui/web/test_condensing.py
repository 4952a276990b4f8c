from heapq import heappush, heapreplace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.web.condensing import MOST_ROWS, Marks, condensed, longest, marks, merged, rows_needed

times = st.integers(0, 1000)
things = st.lists(st.tuples(times, st.integers(0, 300) | st.just(0), st.integers(0, 3)), max_size=80)


def marks_from(stretches: list[tuple[int, int, int]]) -> Marks:
    """Of a start, a length and a lane each."""
    columns = [list(column) for column in zip(*stretches, strict=True)] or [[], [], []]
    return marks(columns[0], np.add(columns[0], columns[1]), columns[2])


@given(stretches=things, resolution=st.floats(0.01, 500))
def test_merging_loses_nothing_and_keeps_long_ones_exact(
    stretches: list[tuple[int, int, int]], resolution: float
) -> None:
    of = marks_from(stretches)
    runs = merged(of, resolution)
    assert runs.count.sum() == len(of)
    exact = {(of.lane[row], start, end) for row, start, end, count in zip(*runs.columns, strict=True) if count == 1}
    assert all((lane, start, start + ms) in exact for start, ms, lane in stretches if ms > resolution)
    assert all(end - start <= 2 * resolution for _, start, end, count in zip(*runs.columns, strict=True) if count > 1)
    assert all(np.diff(of.lane[runs.row]) >= 0)


@given(stretches=things, limit=st.integers(4, 100))
def test_fitting_ends_below_the_limit_and_counts_each_lane(stretches: list[tuple[int, int, int]], limit: int) -> None:
    of = marks_from(stretches)
    runs = condensed(of, limit)
    assert len(runs) <= limit
    for lane in range(4):
        assert runs.count[of.lane[runs.row] == lane].sum() == (of.lane == lane).sum()


@given(stretches=things.filter(bool), data=st.data())
def test_one_that_is_kept_stays_by_itself(stretches: list[tuple[int, int, int]], data: st.DataObject) -> None:
    of = marks_from(stretches)
    kept = data.draw(st.integers(0, len(of) - 1))
    runs = condensed(of, 4, kept)
    (place,) = np.flatnonzero(runs.row == kept)
    assert (runs.start[place], runs.end[place], runs.count[place]) == (of.start[kept], of.end[kept], 1)


def test_more_lanes_than_the_limit_still_have_a_run_each() -> None:
    of = marks([0, 0, 0, 5], [9, 9, 9, 9], [0, 1, 2, 2])
    assert condensed(of, 2).count.tolist() == [1, 1, 2]


def test_a_run_stands_for_its_longest_member() -> None:
    runs = condensed(marks([0, 1, 4], [1, 4, 5], count=[1, 1, 7]), 1)
    assert [column.tolist() for column in runs.columns] == [[1], [0], [5], [9]]


@given(lengths=st.lists(st.lists(times, min_size=1), min_size=1))
def test_the_first_of_the_longest_of_each_group(lengths: list[list[int]]) -> None:
    first = np.cumsum([0] + [len(group) for group in lengths[:-1]])
    expected = [begin + group.index(max(group)) for begin, group in zip(first, lengths, strict=True)]
    assert longest(np.concatenate(lengths), first).tolist() == expected


@pytest.mark.parametrize(
    ("stretches", "rows"),
    [
        ([(0, 10), (10, 20)], 1),
        ([(0, 10), (5, 20), (12, 15)], 2),
        ([(0, 10), (10, 10)], 2),  # an instant stands beside what ends with it
        ([(0, 10)] * 9, MOST_ROWS),
    ],
)
def test_what_overlaps_needs_rows_of_its_own(stretches: list[tuple[int, int]], rows: int) -> None:
    assert rows_needed(marks(*zip(*stretches, strict=True))) == {0: rows}


@given(stretches=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9), st.integers(0, 2)), max_size=40))
def test_rows_are_those_that_placing_one_after_the_other_needs(stretches: list[tuple[int, int, int]]) -> None:
    expected = {lane: _rows([one for one in stretches if one[2] == lane]) for lane in {one[2] for one in stretches}}
    assert rows_needed(marks_from(stretches)) == expected


def _rows(stretches: list[tuple[int, int, int]]) -> int:
    ends: list[int] = []  # when each row is free again, the first one first
    for start, ms, _ in sorted(stretches, key=lambda one: (one[0], -one[1])):
        if ends and (ends[0] < start or (ends[0] == start and ms)):
            heapreplace(ends, start + ms)
        else:
            heappush(ends, start + ms)
    return min(len(ends), MOST_ROWS)
