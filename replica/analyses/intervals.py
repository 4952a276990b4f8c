"""Intervals of time as (start, end) in ms: their union, and stretches in which a condition on a series holds. Pure."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from replica.analyses.recorded import Points

Interval = tuple[float, float]
# A sample counts until the next one, but not for longer than this many times the usual distance: then nothing is known.
USUAL_DISTANCES = 5
LEAST_HOLD_MS = 1_000.0


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in order and without overlaps; what touches is one."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def union_within(intervals: Iterable[Interval], length: float) -> float:
    """How much of the time from 0 to `length` the intervals cover: at least 0, at most `length`."""
    clipped = [(max(0.0, start), min(length, end)) for start, end in intervals]
    covered = sum(end - start for start, end in union((start, end) for start, end in clipped if start < end))
    return min(covered, length)


def stretches(points: Points, holds: NDArray[np.bool_]) -> list[Interval]:
    """Where the condition holds: from the first sample that meets it to the first that does not, or to the last one."""
    if len(points.x) < 2:
        return []
    distances = np.diff(points.x)
    most = max(LEAST_HOLD_MS, USUAL_DISTANCES * float(np.median(distances)))
    ends = points.x[:-1] + np.minimum(distances, most)
    wanted = np.flatnonzero(holds[:-1])
    return [(start, end) for start, end in union((float(points.x[i]), float(ends[i])) for i in wanted) if start < end]


def beyond(stretch: Interval, benchmark_ms: float) -> Interval | None:
    """The part of a stretch that is longer than the benchmark; None if it is not longer."""
    start, end = stretch[0] + benchmark_ms, stretch[1]
    return (start, end) if start < end else None
