"""The calls of one thread or of all, of the whole time or of a range, as columns to make trees and tables of."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from replica.profiles.blocks import Blocks, Thread
from replica.profiles.calls import Array, self_times
from replica.profiles.lod import items_of_calls
from replica.profiles.tiles import rows_between

Span = tuple[int, int]  # µs since the first call; the end is outside


@dataclass
class Stacks:
    """Calls in drawing order. `method` is the number of the first method of that name; `parent` is a row or −1.

    `weight` is the time of each call within the range and `own` its time outside its children, wall or CPU, in µs.
    `outer` and `outer_package` mark the calls that no call of the same method, or package, encloses.
    """

    method: Array
    parent: Array
    start: Array
    weight: Array
    own: Array
    outer: Array
    outer_package: Array

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def roots(self) -> Array:
        return np.flatnonzero(self.parent < 0)

    def children(self, rows: Array) -> tuple[Array, Array]:
        """The calls that some rows make, and for each its caller's position among the rows."""
        order, parents = self._by_parent
        wanted = rows.astype(parents.dtype)  # searching for values of another type would copy the whole column
        low, high = (np.searchsorted(parents, wanted, side=side) for side in ("left", "right"))
        counts = high - low
        caller = np.repeat(np.arange(len(rows)), counts)
        places = np.arange(len(caller)) + (low - np.cumsum(counts) + counts)[caller]
        return places if order is None else order[places], caller

    @cached_property
    def _by_parent(self) -> tuple[Array | None, Array]:
        """The rows in order of their parents, None if they are so already, and the parents in that order.

        Drawing order is that order in a thread whose calls are well nested.
        """
        if (self.parent[1:] >= self.parent[:-1]).all():
            return None, self.parent
        order = np.argsort(self.parent, kind="stable")
        return order, self.parent[order]


def select(blocks: Blocks, thread: Thread | None = None, weight: str = "wall", span: Span | None = None) -> Stacks:
    """The calls of a thread or of all; of a range, those that reach into it, weighing what lies inside.

    The CPU time of a call that a range cuts counts in proportion.
    """
    lanes = slice(*thread.lanes) if thread else slice(0, len(blocks.column("lanes")))
    return _cut(blocks, lanes, weight, span) if span else _whole(blocks, lanes, weight)


def _whole(blocks: Blocks, lanes: slice, weight: str) -> Stacks:
    offsets = blocks.column("offsets")
    rows = slice(int(offsets[lanes.start]), int(offsets[lanes.stop]))
    parent = blocks.column("parent")[rows]
    if rows.start:
        parent = np.maximum(parent - rows.start, -1)
    time = blocks.column("cpu" if weight == "cpu" else "duration")[rows]
    own = blocks.column("self_time")[rows] if weight == "wall" else self_times(time, parent)
    return Stacks(
        method=named(blocks, blocks.column("method")[rows]),
        parent=parent,
        start=blocks.column("start")[rows],
        weight=time,
        own=own,
        outer=blocks.column("outer")[rows],
        outer_package=blocks.column("outer_package")[rows],
    )


def _cut(blocks: Blocks, lanes: slice, weight: str, span: Span) -> Stacks:
    rows, _ = rows_between(items_of_calls(blocks.calls()), lanes, *span)
    place = np.zeros(len(blocks.column("parent")) + 1, np.int32)  # of each row among these, from 1
    place[rows] = np.arange(1, len(rows) + 1)
    parent = place[blocks.column("parent")[rows]] - 1
    start = blocks.column("start")[rows]
    time = _time_inside(blocks, rows, start, weight, span)
    return Stacks(
        method=named(blocks, blocks.column("method")[rows]),
        parent=parent,
        start=start,
        weight=time,
        own=self_times(time, parent),
        outer=blocks.column("outer")[rows],
        outer_package=blocks.column("outer_package")[rows],
    )


def _time_inside(blocks: Blocks, rows: Array, start: Array, weight: str, span: Span) -> Array:
    duration = blocks.column("duration")[rows].astype(np.int64)
    inside: Array = np.minimum(start + duration, span[1]) - np.maximum(start, span[0])
    if weight == "cpu":
        inside = blocks.column("cpu")[rows].astype(np.int64) * inside // np.maximum(duration, 1)
    return inside


def named(blocks: Blocks, method: Array) -> Array:
    """Methods by the number of the first one of the same name: processes number the same method differently."""
    result: Array = method if blocks.names_differ else blocks.first_of_name[method]
    return result
