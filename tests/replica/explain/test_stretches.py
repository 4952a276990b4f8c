"""Stretches of time, held against counting tick by tick."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.explain.stretches import length, spent, united, within, without

END = 60
PAIRS = st.lists(st.tuples(st.integers(0, END), st.integers(0, END)), max_size=12)
RANGES = st.tuples(st.integers(0, END), st.integers(0, END)).map(sorted)
Pairs = list[tuple[int, int]]


def ticks(pairs: Pairs) -> set[int]:
    """The ticks that lie in any of the stretches."""
    return {tick for start, end in pairs for tick in range(start, end)}


def array(pairs: Pairs) -> np.ndarray:
    return np.array(pairs, float).reshape(-1, 2)


@given(PAIRS)
def test_united_stretches_are_the_same_time_in_order_and_apart(pairs: Pairs) -> None:
    result = united(pairs)
    assert ticks([(int(a), int(b)) for a, b in result]) == ticks(pairs)
    assert np.all(np.diff(result.ravel()) > 0)
    assert length(result) == len(ticks(pairs))


@given(PAIRS, PAIRS)
def test_what_is_taken_away_is_gone_and_the_rest_is_left(pairs: Pairs, others: Pairs) -> None:
    result = without(united(pairs), united(others))
    assert ticks([(int(a), int(b)) for a, b in result]) == ticks(pairs) - ticks(others)


@given(PAIRS, PAIRS, RANGES)
def test_time_is_spent_in_four_ways_that_add_up(busy: Pairs, requests: Pairs, part: list[int]) -> None:
    first, last = part
    result = spent(first, last, array(busy), array(requests))
    inside = set(range(first, last))
    ran, waited = ticks(busy) & inside, ticks(requests) & inside
    assert result.running == pytest.approx(len(ran - waited))
    assert result.both == pytest.approx(len(ran & waited))
    assert result.waiting == pytest.approx(len(waited - ran))
    assert result.idle == pytest.approx(len(inside - ran - waited))
    assert sum(part.ms for part in result.parts) == pytest.approx(last - first)
    assert length(within(array(busy), first, last)) == len(ran)


def test_bars_of_time_stand_beside_each_other() -> None:
    parts = spent(0, 200, array([(0, 50)]), array([(50, 100)])).parts
    assert [(part.kind, part.x, part.width) for part in parts] == [
        ("running", "0.00%", "25.00%"),
        ("waiting", "25.00%", "25.00%"),
        ("idle", "50.00%", "50.00%"),
    ]
