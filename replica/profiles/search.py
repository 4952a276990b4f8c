"""Which methods a text means, and what their calls add up to. Pure numpy."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from replica.profiles.calls import Array

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
    """A mask over methods (name, package): whose full name contains the text, in any case."""
    wanted = text.casefold()
    return np.array([wanted in f"{package}.{name}".casefold() for name, package in names], bool)


def find(mask: Array, method: Array, parent: Array, start: Array, duration: Array, extent: int) -> Matches:
    """Add up the calls of one thread (drawing order, `parent` within the thread) whose method is in the mask."""
    matching = mask[method] if len(method) else np.zeros(0, bool)
    rows = np.flatnonzero(matching)
    outermost = rows[~_inside(matching, parent, rows)]
    bucket = start[rows].astype(np.int64) * BUCKETS // max(extent + 1, 1)
    return Matches(
        methods=np.flatnonzero(mask).tolist(),
        calls=len(rows),
        total=int(duration[outermost].sum(dtype=np.int64)),
        density=np.bincount(bucket, minlength=BUCKETS).tolist(),
    )


def _inside(matching: Array, parent: Array, rows: Array) -> Array:
    """For each of the rows whether any of its ancestors matches; all walk up together, a level a step."""
    result = np.zeros(len(rows), bool)
    walkers, at = np.arange(len(rows)), parent[rows]
    while len(walkers):
        above = at >= 0
        walkers, at = walkers[above], at[above]
        hit = matching[at]
        result[walkers[hit]] = True
        walkers, at = walkers[~hit], parent[at[~hit]]
    return result
