"""Finds methods by a text, and adds up their calls. Pure numpy."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from replica.profiles.blocks import Blocks, Thread
from replica.profiles.call_lookup import Call, call_in_row
from replica.profiles.calls import Array
from replica.profiles.stacks import Stacks

BUCKETS = 512


@dataclass(slots=True)
class Matches:
    """`calls` counts every matching call; `total` (µs) counts a matching call inside another one only once.

    `density` holds the number of matching calls that start in each of BUCKETS equal parts of the profile.
    """

    methods: list[int]
    calls: int
    total: int
    density: list[int]


def matching_methods(names: Iterable[tuple[str, str]], text: str) -> Array:
    """A mask of the methods (name, package) whose full name contains the text, ignoring case."""
    wanted = text.casefold()
    return np.array([wanted in f"{package}.{name}".casefold() for name, package in names], bool)


def find(mask: Array, calls: Stacks, extent: int) -> Matches:
    """Add up one thread's calls whose method is in the mask; `extent` is the profile's, in µs."""
    matching = mask[calls.method]
    rows = np.flatnonzero(matching)
    outermost = rows[~_have_matching_ancestor(matching, calls.parent, rows)]
    bucket = calls.start[rows].astype(np.int64) * BUCKETS // (extent + 1)
    return Matches(
        methods=np.flatnonzero(mask).tolist(),
        calls=len(rows),
        total=int(calls.weight[outermost].sum(dtype=np.int64)),
        density=np.bincount(bucket, minlength=BUCKETS).tolist(),
    )


def _have_matching_ancestor(matching: Array, parent: Array, rows: Array) -> Array:
    """For each row, whether any of its ancestors matches. All rows walk up together, one level in a step."""
    result = np.zeros(len(rows), bool)
    walkers, at = np.arange(len(rows)), parent[rows]
    while len(walkers):
        above = at >= 0
        walkers, at = walkers[above], at[above]
        hit = matching[at]
        result[walkers[hit]] = True
        walkers, at = walkers[~hit], parent[at[~hit]]
    return result


def next_match(mask: Array, blocks: Blocks, thread: Thread, after: tuple[int, int] | None, back: bool) -> Call | None:
    """The next matching call of a thread in order of start and depth, or the one before; past the end, from the other.

    after: the start, in µs since the first call, and the depth that it is searched from.
    """
    lanes, offsets = blocks.column("lanes"), blocks.column("offsets")
    low, high = int(offsets[thread.lanes[0]]), int(offsets[thread.lanes[1]])
    rows = low + np.flatnonzero(mask[blocks.column("method")[low:high]])
    if not len(rows):
        return None
    start = blocks.column("start")[rows]
    depth = lanes[np.searchsorted(offsets, rows, side="right") - 1, 1]
    place = np.lexsort((depth, start))
    at = -1 if back else 0
    if after is not None:
        before = (start < after[0]) | ((start == after[0]) & (depth < after[1]))
        same = (start == after[0]) & (depth == after[1])
        at = int(before.sum()) - 1 if back else int((before | same).sum())
    chosen = int(place[at % len(place)])
    return call_in_row(blocks, int(rows[chosen]), int(depth[chosen]))
