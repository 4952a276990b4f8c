"""Marks calls that no call of the same method encloses, so that recursion counts once per stack. Pure numpy.

Calls of one path share the answer, so it is looked for once a path: profiles have few paths beside their calls.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from replica.profiles.calls import Array


@dataclass(slots=True)
class Paths:
    """Paths of methods from the root, level by level. `number` is each call's path.

    Walked depth first, a path is the `first`-th and those that go on from it end before the `end`-th.
    """

    number: Array
    method: Array
    first: Array
    end: Array


def paths_of(method: Array, parent: Array, offsets: Array) -> Paths:
    """The paths of calls in drawing order."""
    number = np.full(len(method) + 1, -1, np.int32)  # the last one is that of no parent
    above, methods, edges = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [0]
    factor = int(method.max(initial=0)) + 1
    for low, high in pairwise(offsets.tolist()):
        keys = (number[parent[low:high]] + np.int64(1)) * factor + method[low:high]
        keys, group = np.unique(keys, return_inverse=True)
        number[low:high] = edges[-1] + group
        above.append(keys // factor - 1)
        methods.append(keys % factor)
        edges.append(edges[-1] + len(keys))
    first, end = _depth_first(np.concatenate(above), edges)
    return Paths(number[:-1], np.concatenate(methods), first, end)


def _depth_first(above: Array, edges: list[int]) -> tuple[Array, Array]:
    """The places of paths when they are walked depth first; in a level, those with one path above are neighbours."""
    levels = [(low, high, _eldest(above[low:high])) for low, high in pairwise(edges) if low < high]
    size = np.ones(len(above) + 1, np.int64)  # the last one is that of no path, here and below
    for low, high, eldest in reversed(levels):
        size[above[low:high][eldest]] += np.add.reduceat(size[low:high], eldest)
    first = np.full(len(above) + 1, -1, np.int64)
    used = np.ones(len(above) + 1, np.int64)  # places of a path that are taken, its own included
    for low, high, eldest in levels:
        parents = above[low:high][eldest]
        before = np.cumsum(size[low:high]) - size[low:high]
        begin = first[parents] + used[parents] - before[eldest]
        first[low:high] = before + np.repeat(begin, np.diff(np.append(eldest, high - low)))
        used[parents] += np.add.reduceat(size[low:high], eldest)
    return first[:-1], first[:-1] + size[:-1]


def _eldest(above: Array) -> Array:
    """The position of the first of all neighbours with the same path above."""
    return np.flatnonzero(np.diff(above, prepend=-2))


def outermost(paths: Paths, identity: Array) -> Array:
    """For each call, whether no call above it has the same identity; `identity` has a number ≥ 0 for each method."""
    bits = len(paths.method).bit_length()
    group = identity[paths.method].astype(np.int64) << bits
    order = np.argsort(group | paths.first)
    # Within a group, a path is inside another if it begins before the last end so far; groups follow one another.
    ends = np.maximum.accumulate((group + paths.end)[order])
    outer = np.ones(len(order), bool)
    outer[order[1:]] = (group | paths.first)[order[1:]] >= ends[:-1]
    result: Array = outer[paths.number]
    return result
