"""When a thread was busy, and with what: stretches of root calls, each with the topmost call that says something."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from replica.profiles.blocks import Blocks, Thread
from replica.profiles.calls import Array
from replica.profiles.origins import foreign_methods
from replica.profiles.stacks import Stacks, select
from statetrace_ui.web.condensing import longest

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


def what_ran(
    blocks: Blocks, thread: Thread, resolution: int, first_us: float = -math.inf, last_us: float = math.inf
) -> Iterator[Ran]:
    """A thread's stretches in order of time; root calls that begin in the same `resolution` µs are one.

    Of root calls that touch a range, in µs since the session's start.
    """
    stacks = select(blocks, thread)
    roots = _touching(stacks, stacks.roots, first_us - blocks.origin, last_us - blocks.origin)
    roots = roots[np.argsort(stacks.start[roots], kind="stable")]
    if not len(roots):
        return
    start, length = stacks.start[roots].astype(np.int64) + blocks.origin, stacks.weight[roots]
    first = np.flatnonzero(np.diff(start // resolution, prepend=-1))
    shown = _telling(stacks, roots[longest(length, first)], _says_something(blocks))
    columns = (
        start[first],
        np.maximum.reduceat(start + length, first),
        np.diff(np.append(first, len(roots))),
        stacks.method[shown],
        _depths(blocks, thread, shown),
        stacks.start[shown],
    )
    for row in zip(*(column.tolist() for column in columns), strict=True):
        yield Ran(*row)


def _touching(stacks: Stacks, roots: Array, first: float, last: float) -> Array:
    if math.isinf(first) and math.isinf(last):
        return roots
    start = stacks.start[roots].astype(np.int64)
    touching: Array = roots[(start <= last) & (start + stacks.weight[roots] >= first)]
    return touching


def _says_something(blocks: Blocks) -> Array:
    """A mask of the methods with a name, of neither browser nor system."""
    foreign = foreign_methods(blocks.methods)
    return np.array([not other and m.name not in UNNAMED for m, other in zip(blocks.methods, foreign, strict=True)])


def _telling(stacks: Stacks, rows: Array, says_something: Array) -> Array:
    """For each row, the first that says something on the way to the longest callee, again and again; else itself."""
    result, searching, at = rows.copy(), np.arange(len(rows)), rows
    while len(at):
        found = says_something[stacks.method[at]]
        result[searching[found]] = at[found]
        searching, at = searching[~found], at[~found]
        callees, caller = stacks.children(at)
        heaviest = longest(stacks.weight[callees], np.flatnonzero(np.diff(caller, prepend=-1)))
        searching, at = searching[caller[heaviest]], callees[heaviest]
    return result


def _depths(blocks: Blocks, thread: Thread, rows: Array) -> Array:
    """The depth of rows of a thread."""
    low, high = thread.lanes
    offsets = blocks.column("offsets")[low : high + 1]
    lanes = np.searchsorted(offsets, rows + offsets[0], side="right") - 1
    depths: Array = blocks.column("lanes")[low:high, 1][lanes]
    return depths
