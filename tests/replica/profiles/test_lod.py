"""What must hold at every level: calls, time and CPU time are conserved, long calls stay exact, runs stay short."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.profiles import lod
from replica.profiles.calls import Array, Calls, CallSites, arrange
from replica.profiles.lod import Items, coarsen, items_of_calls, levels, limit_items, pyramid
from tests.replica.profiles.forest import forests, row, sites


def per_lane(values: Array, offsets: Array) -> list[int]:
    return [int(values[low:high].sum()) for low, high in pairwise(offsets)]


def exact(items: Items, level: int) -> Counter[tuple[int, int, int]]:
    rows = np.flatnonzero((items.calls == 1) & (items.width >= 1 << level))
    return Counter((int(items.start[r]), int(items.width[r]), int(items.method[r])) for r in rows)


@given(forests)
def test_calls_and_times_are_conserved_in_every_lane_of_every_level(forest: CallSites) -> None:
    calls = arrange(forest)
    counts, ones = np.diff(calls.offsets).tolist(), calls.duration
    for _, items in pyramid(calls):
        assert per_lane(items.calls, items.offsets) == counts
        assert per_lane(items.total, items.offsets) == per_lane(ones, calls.offsets)
        assert per_lane(items.cpu, items.offsets) == per_lane(calls.cpu, calls.offsets)


@given(forests)
def test_calls_at_least_a_bin_long_stay_exact_at_every_level(forest: CallSites) -> None:
    calls = arrange(forest)
    for level, items in pyramid(calls):
        assert exact(items, level) == exact(items_of_calls(calls), level)


@given(forests)
def test_items_stay_in_order_and_apart(forest: CallSites) -> None:
    calls = arrange(forest)
    for _, items in pyramid(calls):
        for low, high in zip(items.offsets[:-1], items.offsets[1:], strict=True):
            ends = items.start[low:high].astype(int) + items.width[low:high]
            assert (items.start[low + 1 : high] >= ends[:-1]).all()


@given(forests)
def test_a_run_carries_the_duration_and_method_of_its_longest_call(forest: CallSites) -> None:
    calls = arrange(forest)
    for _, items in pyramid(calls):
        for lane, (low, high) in enumerate(zip(items.offsets[:-1], items.offsets[1:], strict=True)):
            rows = slice(calls.offsets[lane], calls.offsets[lane + 1])
            assert_longest(calls, rows, items, slice(low, high))


def assert_longest(calls: Calls, rows: slice, items: Items, lane: slice) -> None:
    edges = np.concatenate(([0], np.cumsum(items.calls[lane])))
    for n, (low, high) in enumerate(pairwise(edges)):
        durations, methods = calls.duration[rows][low:high], calls.method[rows][low:high]
        longest = int(durations.max())
        assert items.longest[lane][n] == longest
        assert items.method[lane][n] in methods[durations == longest]


def merged(*rows: dict[str, int]) -> list[tuple[int, int, int]]:
    """(start, width, calls) of each item at level 8, bins of 256 µs."""
    items = coarsen(items_of_calls(arrange(sites(list(rows)))), 8)
    return list(zip(items.start.tolist(), items.width.tolist(), items.calls.tolist(), strict=True))


def test_short_neighbours_merge() -> None:
    assert merged(row(0, 10), row(20, 10), row(300, 10)) == [(0, 310, 3)]


def test_a_long_call_breaks_the_run() -> None:
    assert merged(row(0, 10), row(20, 256), row(300, 10)) == [(0, 10, 1), (20, 256, 1), (300, 10, 1)]


def test_an_empty_bin_breaks_the_run() -> None:
    assert merged(row(0, 10), row(511, 1)) == [(0, 512, 2)]
    assert merged(row(0, 10), row(512, 1)) == [(0, 10, 1), (512, 1, 1)]


def test_a_run_ends_at_every_eighth_bin() -> None:
    starts = [n * 256 for n in range(16)]
    assert merged(*(row(start, 250) for start in starts)) == [(0, 7 * 256 + 250, 8), (8 * 256, 7 * 256 + 250, 8)]


def test_a_run_stays_a_run_one_level_up() -> None:
    fine = coarsen(items_of_calls(arrange(sites([row(n * 250, 250) for n in range(8)]))), 8)
    coarse = coarsen(fine, 10)
    assert (fine.calls.tolist(), coarse.calls.tolist()) == ([8], [8])


def test_a_run_is_named_after_its_longest_call() -> None:
    items = coarsen(
        items_of_calls(arrange(sites([row(0, 10, method=1), row(20, 30, method=2), row(60, 5, method=3)]))), 8
    )
    assert (items.method.tolist(), items.longest.tolist(), items.total.tolist()) == ([2], [30], [45])


def test_chunks_of_lanes_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(n * 40, 20, depth=n % 7, id=n) for n in range(200)]
    whole = coarsen(items_of_calls(arrange(sites(rows))), 8)
    monkeypatch.setattr(lod, "CHUNK_ROWS", 30)
    parts = coarsen(items_of_calls(arrange(sites(rows))), 8)
    for name in (*lod.COLUMNS, "offsets"):
        assert getattr(whole, name).tolist() == getattr(parts, name).tolist()


@pytest.mark.parametrize(
    ("extent", "expected"),
    [(0, [8]), (1024 * 256 - 1, [8]), (1024 * 256, [8, 10]), (1 << 30, [8, 10, 12, 14, 16, 18, 20, 22])],
)
def test_the_coarsest_level_fits_one_tile(extent: int, expected: list[int]) -> None:
    assert list(levels(extent)) == expected


@given(forests, st.integers(1, 40))
def test_bounding_conserves_calls_and_times_in_every_lane(forest: CallSites, most: int) -> None:
    items = coarsen(items_of_calls(arrange(forest)), 2)
    fewer = limit_items(items, 2, most)
    for name in ("calls", "total", "cpu"):
        assert per_lane(getattr(fewer, name), fewer.offsets) == per_lane(getattr(items, name), items.offsets)
    assert exact(fewer, 2 + lod.MOST_COARSER) == exact(items, 2 + lod.MOST_COARSER)


def test_only_crowded_lanes_are_merged() -> None:
    rows = [row(n * 40, 20) for n in range(40)] + [row(0, 30, depth=1), row(400, 30, depth=1)]
    items = items_of_calls(arrange(sites(rows)))
    fewer = limit_items(items, 0, 30)
    assert np.diff(items.offsets).tolist() == [40, 2]
    assert len(fewer.start) <= 30
    first, second = np.diff(fewer.offsets).tolist()
    assert first < 28
    assert second == 2
    assert fewer.width[-2:].tolist() == [30, 30]


def test_the_deepest_of_equally_crowded_lanes_is_merged() -> None:
    rows = [row(n * 40, 20, depth=depth, id=100 * depth + n) for depth in range(3) for n in range(40)]
    fewer = limit_items(items_of_calls(arrange(sites(rows))), 0, 100)
    first, second, third = np.diff(fewer.offsets).tolist()
    assert first == second == 40
    assert third <= 20


def test_items_that_fit_are_left_alone() -> None:
    items = items_of_calls(arrange(sites([row(0, 10), row(20, 10)])))
    assert limit_items(items, 0, 2) is items
