"""Takes methods out of stacks: what they called hangs on their callers, and so does their own time. Pure numpy."""

from dataclasses import replace

import numpy as np

from replica.profiles.calls import Array
from replica.profiles.stacks import Stacks


def without_methods(stacks: Stacks, hidden: Array) -> Stacks:
    """The stacks without some methods, a mask by number. Time that nothing encloses any more is left out."""
    return without_calls(stacks, hidden[stacks.method])


def without_recursion(stacks: Stacks) -> Stacks:
    """The stacks with every method once."""
    return without_calls(stacks, ~stacks.outer)


def without_calls(stacks: Stacks, hidden: Array) -> Stacks:
    if not hidden.any():
        return stacks
    above = _next_visible(stacks.parent, hidden)
    given = hidden & (above >= 0)
    own = stacks.own + np.bincount(above[given], stacks.own[given], minlength=len(stacks)).astype(np.int64)
    rows = np.flatnonzero(~hidden)
    place = np.full(len(stacks) + 1, -1, np.int32)
    place[rows] = np.arange(len(rows))
    kept = {name: getattr(stacks, name)[rows] for name in ("method", "start", "weight", "outer", "outer_package")}
    return replace(stacks, **kept, parent=place[above[rows]], own=own[rows])


def _next_visible(parent: Array, hidden: Array) -> Array:
    """For each row the nearest one above it that is not hidden, or −1."""
    above = np.array(parent)
    climbing = np.flatnonzero((above >= 0) & hidden[above])
    while len(climbing):
        above[climbing] = above[above[climbing]]
        climbing = climbing[(above[climbing] >= 0) & hidden[above[climbing]]]
    return above
