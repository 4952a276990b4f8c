"""The calls of a stretch, held against a slow reading that asks at each µs which call is the innermost."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.explain.calls import WAITING, busy_at_all, busy_by_thread, calls_within, heaviest, waiting_methods
from replica.explain.stretches import length
from replica.profiles.blocks import COLUMNS, Blocks, Method
from replica.profiles.calls import Calls, arrange
from tests.replica.profiles.forest import row, sites, walk

EVENTS = st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 9)), max_size=60)
FORESTS = st.lists(EVENTS, min_size=1, max_size=3)
RANGES = st.tuples(st.floats(-50, 400), st.floats(-50, 400)).map(sorted)
METHODS = [Method(1, number, f"m{number}", "app") for number in range(5)]


def blocks_of(calls: Calls, methods: list[Method] = METHODS) -> Blocks:
    """Blocks as if they had been read from a disk."""
    columns = {name: getattr(calls, name) for name in COLUMNS}
    return Blocks(Path(), [], methods, False, calls.origin, calls.extent, [], columns)


def innermost(calls: Calls, at: float) -> list[tuple[int, int]]:
    """(thread, method) of the innermost call of each thread at a moment."""
    found: dict[int, tuple[int, int]] = {}
    threads = np.repeat(calls.lanes[:, 0], np.diff(calls.offsets))
    depths = np.repeat(calls.lanes[:, 1], np.diff(calls.offsets))
    for number in np.flatnonzero((calls.start <= at) & (at < calls.start + calls.duration)).tolist():
        thread = int(threads[number])
        found[thread] = max(found.get(thread, (-1, 0)), (int(depths[number]), int(calls.method[number])))
    return [(thread, method) for thread, (_, method) in found.items()]


@given(FORESTS, RANGES)
def test_own_and_busy_time_are_those_of_the_innermost_calls(
    forest: list[list[tuple[bool, int, int]]], part: list[float]
) -> None:
    calls = arrange(sites([one for number, events in enumerate(forest) for one in walk(events, number)]))
    first, last = part
    own: defaultdict[str, float] = defaultdict(float)
    busy = 0.0
    edges = sorted({first, last, *(float(tick) for tick in range(-51, 700) if first < tick < last)})
    for start, end in pairwise(edges):
        running = innermost(calls, (start + end) / 2)
        busy += (end - start) * bool(running)
        for _, method in running:
            own[f"m{method}"] += end - start
    blocks = blocks_of(calls)
    found = calls_within(blocks, first, last)
    heavy = {one.method.name: one.own_us for one in heaviest(blocks, found, 99)}
    assert heavy == pytest.approx({name: us for name, us in own.items() if us > 0})
    assert length(busy_at_all(busy_by_thread(blocks, found))) == pytest.approx(busy)


def test_a_thread_is_not_busy_with_calls_that_only_wait() -> None:
    calls = arrange(sites([row(0, 100, id=1), row(20, 50, id=2, depth=1, parent=1, method=1)]))
    blocks = blocks_of(calls, [Method(1, 0, "run", "app"), Method(1, 1, "nativePollOnce", "android.os.MessageQueue")])
    found = calls_within(blocks, 0, 60)
    assert busy_by_thread(blocks, found)[0].tolist() == [[0, 20]]
    assert [(one.method.name, one.own_us) for one in heaviest(blocks, found, 9)] == [("run", 20)]


def test_waiting_methods_are_known_by_their_names() -> None:
    names = ["(idle)", "java.lang.Object.wait(long)", "MyObject.wait", "Thread.sleep", "sleep"]
    methods = [Method(1, n, name, "") for n, name in enumerate(names)] + [Method(1, 9, "park", "sun.misc.Unsafe")]
    assert waiting_methods(methods) == [0, 1, 3, 5]
    assert "(idle)" in WAITING


def test_only_the_heaviest_are_told_and_whole_calls_are_counted() -> None:
    calls = arrange(sites([row(n * 10, n + 1, method=n % 3) for n in range(9)]))
    blocks = blocks_of(calls)
    heavy = heaviest(blocks, calls_within(blocks, 0, 200), 2)
    assert [(one.method.name, one.own_us, one.calls) for one in heavy] == [("m2", 18, 3), ("m1", 15, 3)]
