"""Forests of properly nested calls, drawn by hypothesis or written by hand, as `CallSites`."""

import numpy as np
from hypothesis import strategies as st

from replica.profiles.calls import NO_PARENT, CallSites

METHODS = 6

# (thread, method, pause before, pauses of the events after entering) a call, nested by walking the list
Event = tuple[bool, int, int]


def walk(events: list[Event], thread: int = 0, clock: int = 0) -> list[dict[str, int]]:
    """Enter (True, method, pause) and leave (False, _, pause) calls one after another; what stays open is closed."""
    rows: list[dict[str, int]] = []
    stack: list[int] = []
    for enters, method, pause in [*events, *[(False, 0, 1)] * len(events)]:
        clock += pause
        if enters:
            parent = stack[-1] if stack else NO_PARENT
            rows.append(
                {"thread": thread, "method": method, "id": len(rows), "parent": parent, "depth": len(stack)}
                | {"start": clock, "duration": 0, "cpu": 0}
            )
            stack.append(len(rows) - 1)
        elif stack:
            row = rows[stack.pop()]
            row["duration"] = clock - row["start"]
            row["cpu"] = row["duration"] // 2
    return rows


def row(start: int = 0, duration: int = 0, **values: int) -> dict[str, int]:
    """One call, written by hand; its id is its start unless `values` say otherwise."""
    zeros = dict.fromkeys(("thread", "method", "depth", "cpu"), 0)
    return {**zeros, "id": start, "parent": NO_PARENT, "start": start, "duration": duration, **values}


def sites(rows: list[dict[str, int]]) -> CallSites:
    """The rows as columns."""
    names = CallSites.__dataclass_fields__
    return CallSites(**{name: np.array([row[name] for row in rows], np.int64) for name in names})


# Mostly short pauses, some that are long enough for spans and gaps of many bins.
pauses = st.one_of(st.integers(0, 60), st.integers(0, 900), st.integers(0, 100_000))
events = st.lists(st.tuples(st.booleans(), st.integers(0, METHODS - 1), pauses), max_size=120)
forests = st.lists(events, min_size=1, max_size=3).map(
    lambda threads: sites([row for number, walked in enumerate(threads) for row in walk(walked, number)])
)
