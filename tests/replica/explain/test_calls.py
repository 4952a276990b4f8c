"""The calls of a stretch, held against a slow reading that asks at each µs which call is the innermost."""

import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replica.explain.calls import busy_at_all, busy_by_thread, heaviest, stacks_by_thread, waiting_methods
from replica.profiles.blocks import Blocks, Method, Profile, Thread, open_blocks
from replica.profiles.calls import arrange
from tests.replica.profiles.forest import row, sites, walk

EVENTS = st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=40)
FORESTS = st.lists(EVENTS, min_size=1, max_size=3)
RANGES = st.tuples(st.integers(0, 300), st.integers(0, 300)).map(sorted)
METHODS = [Method(1, number, f"m{number}", "app") for number in range(5)]
Rows = list[dict[str, int]]


def blocks_of(rows: Rows, folder: Path, methods: list[Method] = METHODS) -> Blocks:
    threads = [
        Thread(1, number, "app", f"t{number}") for number in range(1 + max((r["thread"] for r in rows), default=0))
    ]
    return open_blocks(folder / "version", lambda: Profile(arrange(sites(rows)), threads, methods, False))


def innermost(rows: Rows, at: float) -> dict[int, int]:
    """By thread the method of the innermost call at a moment."""
    found: dict[int, tuple[int, int]] = {}
    for one in rows:
        if one["start"] <= at < one["start"] + one["duration"]:
            found[one["thread"]] = max(found.get(one["thread"], (-1, 0)), (one["depth"], one["method"]))
    return {thread: method for thread, (_, method) in found.items()}


@settings(max_examples=60, deadline=None)
@given(FORESTS, RANGES)
def test_own_and_busy_time_are_those_of_the_innermost_calls(
    forest: list[list[tuple[bool, int, int]]], part: list[int]
) -> None:
    rows = [one for number, events in enumerate(forest) for one in walk(events, number)]
    if not rows:
        return
    first, last = part
    origin = min(one["start"] for one in rows)
    own: defaultdict[str, int] = defaultdict(int)
    busy: set[int] = set()
    for tick in range(first, last):
        running = innermost(rows, origin + tick + 0.5)
        busy |= {tick} if running else set()
        for method in running.values():
            own[f"m{method}"] += 1
    with tempfile.TemporaryDirectory() as folder:
        blocks = blocks_of(rows, Path(folder))
        stacks = stacks_by_thread(blocks, (first, last))
        assert {one.method.name: one.own_us for one in heaviest(blocks, stacks, 99)} == own
        stretches = busy_at_all(busy_by_thread(blocks, stacks, first)).astype(int).tolist()
        assert {tick for start, end in stretches for tick in range(start, end)} == busy


def test_a_thread_is_not_busy_with_calls_that_only_wait(tmp_path: Path) -> None:
    rows = [row(0, 100, id=1), row(20, 50, id=2, depth=1, parent=1, method=1)]
    methods = [Method(1, 0, "run", "app"), Method(1, 1, "nativePollOnce", "android.os.MessageQueue")]
    blocks = blocks_of(rows, tmp_path, methods)
    stacks = stacks_by_thread(blocks, (0, 60))
    assert busy_by_thread(blocks, stacks)[0].tolist() == [[0, 20]]
    assert [(one.method.name, one.own_us) for one in heaviest(blocks, stacks, 9)] == [("run", 20)]


@pytest.mark.parametrize(
    ("name", "package", "waits"),
    [
        ("(idle)", "", True),
        ("java.lang.Object.wait(long)", "", True),
        ("MyObject.wait", "", False),
        ("Thread.sleep", "", True),
        ("sleep", "", False),
        ("park", "sun.misc.Unsafe", True),
    ],
)
def test_waiting_methods_are_known_by_their_names(name: str, package: str, waits: bool) -> None:
    assert waiting_methods([Method(1, 1, name, package)]) == [waits]


def test_only_the_heaviest_are_told_and_calls_are_counted(tmp_path: Path) -> None:
    blocks = blocks_of([row(n * 10, n + 1, method=n % 3) for n in range(9)], tmp_path)
    heavy = heaviest(blocks, stacks_by_thread(blocks, (0, 200)), 2)
    assert [(one.method.name, one.own_us, one.calls) for one in heavy] == [("m2", 18, 3), ("m1", 15, 3)]


def test_the_heaviest_call_of_a_method_is_found_in_its_thread(tmp_path: Path) -> None:
    nested = [row(40, 90, id=1, thread=1), row(50, 30, id=2, thread=1, depth=1, parent=1, method=1)]
    blocks = blocks_of([row(10, 20, method=1), *nested], tmp_path)
    [one] = [one for one in heaviest(blocks, stacks_by_thread(blocks, None), 9) if one.method.name == "m1"]
    assert (one.heaviest.thread.name, one.heaviest.depth, one.heaviest.at) == ("t1", 1, 40)
    [cut] = [one for one in heaviest(blocks, stacks_by_thread(blocks, (0, 50)), 9) if one.method.name == "m1"]
    assert (cut.heaviest.thread.name, cut.heaviest.depth, cut.heaviest.at) == ("t0", 0, 0)
