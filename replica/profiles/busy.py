"""When a thread was busy, and with what: stretches of root calls, each with the topmost call that says something."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from replica.profiles.blocks import Blocks, Thread
from replica.profiles.calls import Array
from replica.profiles.origins import foreign_methods
from replica.profiles.stacks import Stacks, select

UNNAMED = {"(anonymous)", "anonymous", "(root)"}


@dataclass(slots=True, frozen=True)
class Ran:
    """`calls` root calls from `start` to `end`, in µs since the session's start.

    The call that is shown for them: its method's number, its depth, and its start in µs since the first call.
    """

    start: int
    end: int
    calls: int
    method: int
    depth: int
    at: int


def what_ran(blocks: Blocks, thread: Thread, resolution: int) -> Iterator[Ran]:
    """A thread's stretches in order of time; root calls that begin in the same `resolution` µs are one."""
    stacks = select(blocks, thread)
    roots = stacks.roots
    roots = roots[np.argsort(stacks.start[roots], kind="stable")]
    if not len(roots):
        return
    start, length = stacks.start[roots].astype(np.int64), stacks.weight[roots]
    first = np.flatnonzero(np.diff((start + blocks.origin) // resolution, prepend=-1))
    ends = np.maximum.reduceat(start + length, first)
    stretch = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(roots))))
    shown = _telling(stacks, roots[_longest(length, stretch)], _says_something(blocks))
    depths = _depths(blocks, thread, shown)
    counts = np.bincount(stretch)
    for row, begin, end, calls, depth in zip(shown.tolist(), start[first], ends, counts, depths, strict=True):
        at = int(stacks.start[row])
        yield Ran(
            int(begin) + blocks.origin, int(end) + blocks.origin, int(calls), int(stacks.method[row]), int(depth), at
        )


def _says_something(blocks: Blocks) -> Array:
    """A mask of the methods with a name, of neither browser nor system."""
    foreign = foreign_methods(blocks.methods)
    return np.array([not other and m.name not in UNNAMED for m, other in zip(blocks.methods, foreign, strict=True)])


def _longest(length: Array, group: Array) -> Array:
    """The position of the longest of each group; groups are numbered and stand in order."""
    order = np.lexsort((-length, group))
    return order[np.flatnonzero(np.diff(group[order], prepend=-1))]


def _telling(stacks: Stacks, rows: Array, says_something: Array) -> Array:
    """For each row, the first that says something on the way to the longest callee, again and again; else itself."""
    result, searching, at = rows.copy(), np.arange(len(rows)), rows
    while len(at):
        found = says_something[stacks.method[at]]
        result[searching[found]] = at[found]
        searching, at = searching[~found], at[~found]
        callees, caller = stacks.children(at)
        longest = _longest(stacks.weight[callees], caller)
        searching, at = searching[caller[longest]], callees[longest]
    return result


def _depths(blocks: Blocks, thread: Thread, rows: Array) -> Array:
    """The depth of rows of a thread."""
    low, high = thread.lanes
    offsets = blocks.column("offsets")[low : high + 1]
    lanes = np.searchsorted(offsets, rows + offsets[0], side="right") - 1
    depths: Array = blocks.column("lanes")[low:high, 1][lanes]
    return depths
