"""Looks up one call in the blocks, by its position in the graph, with its callers and its number of children."""

from dataclasses import dataclass

import numpy as np

from replica.profiles.blocks import Blocks, Method, Thread


@dataclass(slots=True)
class Call:
    """One call: times in µs, `start` since the session's start, `depth` from 0, `row` within the blocks."""

    row: int
    id: int
    number: int  # the method's
    method: Method
    start: int
    at: int  # the start since the first call, as in tiles
    duration: int
    self_time: int
    cpu: int
    depth: int


@dataclass(slots=True)
class Surroundings:
    """`parents` from the root down to the caller."""

    parents: list[Call]
    children: int


def call_at(blocks: Blocks, thread: Thread, depth: int, at: int) -> Call | None:
    """The call of that depth that covers the moment, else the last one before it, else the first of all.

    None if no call of the thread is that deep. `at` is in µs since the first call.
    """
    lanes = blocks.column("lanes")[slice(*thread.lanes), 1]
    lane = int(np.searchsorted(lanes, depth))
    if lane == len(lanes) or lanes[lane] != depth:
        return None
    low, high = (int(side) for side in blocks.column("offsets")[thread.lanes[0] + lane :][:2])
    starts = blocks.column("start")[low:high]
    moment = starts.dtype.type(min(at, np.iinfo(starts.dtype).max))
    row = low + max(int(np.searchsorted(starts, moment, side="right")) - 1, 0)
    return call_in_row(blocks, row, depth)


def call_in_row(blocks: Blocks, row: int, depth: int) -> Call:
    def value(name: str) -> int:
        return int(blocks.column(name)[row])

    return Call(
        row=row,
        id=value("id"),
        number=value("method"),
        method=blocks.methods[value("method")],
        start=value("start") + blocks.origin,
        at=value("start"),
        duration=value("duration"),
        self_time=value("self_time"),
        cpu=value("cpu"),
        depth=depth,
    )


def surroundings(blocks: Blocks, thread: Thread, call: Call) -> Surroundings:
    """The callers of a call, and the number of calls that it made itself."""
    parents: list[Call] = []
    row, depth = int(blocks.column("parent")[call.row]), call.depth - 1
    while row >= 0:
        parents.append(call_in_row(blocks, row, depth))
        row, depth = int(blocks.column("parent")[row]), depth - 1
    return Surroundings(parents[::-1], _children(blocks, thread, call))


def _children(blocks: Blocks, thread: Thread, call: Call) -> int:
    lanes = blocks.column("lanes")[slice(*thread.lanes), 1]
    lane = int(np.searchsorted(lanes, call.depth + 1))
    if lane == len(lanes) or lanes[lane] != call.depth + 1:
        return 0
    low, high = (int(side) for side in blocks.column("offsets")[thread.lanes[0] + lane :][:2])
    return int((blocks.column("parent")[low:high] == call.row).sum())
