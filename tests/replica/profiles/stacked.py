"""Stacks of calls that were walked, nodes of trees as objects, and a slow reading of the same calls to compare with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from replica.profiles.blocks import Blocks, Method, Profile, Thread, open_blocks
from replica.profiles.call_tree import Tree
from replica.profiles.calls import NO_PARENT, arrange
from replica.profiles.recursion import outermost, paths_of
from replica.profiles.stacks import Stacks
from tests.replica.profiles.forest import METHODS, Event, sites, walk

PACKAGES = 3


def method_names() -> list[Method]:
    """The methods of `forest`; the last two are one method with two numbers."""
    names = [*(f"method {number}" for number in range(METHODS - 1)), f"method {METHODS - 2}"]
    return [Method(7, number, name, f"package {int(name[-1]) % PACKAGES}") for number, name in enumerate(names)]


def stacks_of(rows: list[dict[str, int]]) -> Stacks:
    """All calls, with methods numbered as they are."""
    calls = arrange(sites(rows))
    paths = paths_of(calls.method, calls.parent, calls.offsets)
    numbers = np.arange(METHODS)
    outer, outer_package = (outermost(paths, identity) for identity in (numbers, numbers % PACKAGES))
    return Stacks(calls.method, calls.parent, calls.start, calls.duration, calls.self_time, outer, outer_package)


def thread_stacks(walked: list[Event]) -> Stacks:
    return stacks_of(walk(walked))


def blocks_of(rows: list[dict[str, int]], folder: Path) -> Blocks:
    threads = [Thread(7, number, "app", f"thread {number}") for number in range(1 + max(r["thread"] for r in rows))]
    profile = Profile(arrange(sites(rows)), threads, method_names(), True)
    return open_blocks(folder / "version", lambda: profile)


@dataclass
class Node:
    parent: int
    method: int
    depth: int
    total: int
    own: int
    calls: int


def nodes_of(tree: Tree, profile: int = 0) -> list[Node]:
    """The nodes with their values in one of the profiles."""
    columns: list[Any] = [tree.parent, tree.method, tree.depth]
    columns += [values[profile] for values in (tree.total, tree.own, tree.calls)]
    return [Node(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]


def paths(tree: Tree, start: tuple[int, ...] = (), profile: int = 0) -> dict[tuple[int, ...], Node]:
    """Each node by its methods from the root."""
    result: list[tuple[int, ...]] = []
    nodes = nodes_of(tree, profile)
    for node in nodes:
        above = result[node.parent] if node.parent >= 0 else start
        result.append((*above, node.method))
    return dict(zip(result, nodes, strict=True))


@dataclass
class Slow:
    """One call as it is read one after another: its stack of methods from the root, its times inside the range."""

    thread: int
    path: tuple[int, ...]
    total: int
    own: int = 0
    parent: "Slow | None" = None


def read_slowly(rows: list[dict[str, int]], names: list[int], low: int = 0, high: int = 1 << 60) -> list[Slow]:
    """The calls that reach into [low, high) µs since the first call. `names`: what each method is called."""
    origin = min((row["start"] for row in rows), default=0)
    seen: dict[tuple[int, int], Slow] = {}
    calls: list[Slow] = []
    for row in rows:
        above = seen.get((row["thread"], row["parent"])) if row["parent"] != NO_PARENT else None
        begin, end = row["start"] - origin, row["start"] - origin + row["duration"]
        path = (*(above.path if above else ()), names[row["method"]])
        call = Slow(row["thread"], path, max(0, min(end, high) - max(begin, low)), parent=above)
        call.own = call.total
        seen[row["thread"], row["id"]] = call
        if begin < high and (end > low or begin >= low):
            calls.append(call)
    for call in calls:
        if call.parent:
            call.parent.own -= call.total
    return calls


def sums_by_path(calls: list[Slow]) -> dict[tuple[int, ...], tuple[int, int, int]]:
    """(total, own, calls) of every path."""
    sums: dict[tuple[int, ...], tuple[int, int, int]] = {}
    for call in calls:
        total, own, count = sums.get(call.path, (0, 0, 0))
        sums[call.path] = total + call.total, own + call.own, count + 1
    return sums


def without_light(sums: dict[Any, tuple[int, int, int]]) -> dict[Any, tuple[int, int, int]]:
    """What weighs nothing is in no tree."""
    return {path: values for path, values in sums.items() if values[0] >= 1}
