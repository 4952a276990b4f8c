"""Self times within windows, held against a slow reading of what they are."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.compare.self_times import CallColumns, self_times

# A call: (window, process, thread, its method, which of the calls before it in its thread is its parent, its µs).
calls = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(-1, 1),
        st.integers(0, 1),
        st.integers(0, 3),
        st.integers(0, 5),
        st.integers(0, 9),
    ),
    max_size=40,
)


@given(calls)
def test_a_methods_time_is_that_of_its_calls_less_that_of_their_children(
    drawn: list[tuple[int, int, int, int, int, int]],
) -> None:
    rows: list[tuple[int, int, int, int, int, int, float]] = []  # window, process, thread, id, parent, method, µs
    spent: dict[tuple[int, int, int], float] = defaultdict(float)
    for window, process, thread, method, up, us in drawn:
        before = [row for row in rows if row[:3] == (window, process, thread)]
        parent = before[-up] if 0 < up <= len(before) else None
        rows.append((window, process, thread, len(before) * 7, parent[3] if parent else -1, method, 1000.0 * us))
        spent[window, process, method] += us
        if parent:
            spent[window, process, parent[5]] -= us
    found = self_times(columns(rows), np.full(3, 0.5))
    assert {(one.window, one.process, one.method): one.ms for one in found} == pytest.approx(
        {key: ms for key, ms in spent.items() if ms >= 0.5}
    )


def columns(rows: list[tuple[int, int, int, int, int, int, float]]) -> CallColumns:
    window, process, thread, ids, parent, method = (
        np.array([row[place] for row in rows], np.int64) for place in range(6)
    )
    us = np.array([row[6] for row in rows])
    return CallColumns(window, process, thread, ids, np.maximum(parent, 0), method, us, parent >= 0)


def test_a_parent_outside_the_window_is_none() -> None:
    [time] = self_times(columns([(0, 1, 1, 5, 99, 2, 3000.0)]), np.zeros(1))
    assert (time.method, time.ms) == (2, 3.0)


@pytest.mark.parametrize("far", [1, 2**40, 2**62])
def test_numbers_may_lie_far_apart(far: int) -> None:
    """Threads and ids of some recordings are addresses in memory."""
    rows = [(0, far, -far, far, 0, 7, 9000.0), (0, far, -far, -far, far, 8, 2000.0), (0, 0, -far, far, 0, 7, 500.0)]
    found = self_times(columns(rows), np.zeros(1))
    assert {(one.process, one.method, one.ms) for one in found} == {(far, 7, 7.0), (far, 8, 2.0), (0, 7, 0.5)}
