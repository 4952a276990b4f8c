"""The function calls of a stretch of time: which methods were heaviest in it, and when threads were busy. Pure.

Times are µs since the first call, as in blocks. A call counts with the part of it that lies in the stretch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replica.explain.stretches import NONE, Stretches, united, without
from replica.profiles.blocks import Blocks, Method

Array = NDArray[Any]
# Calls in which a thread only waits: it is not busy with them, and they are not what took its time.
WAITING = (
    "MessageQueue.nativePollOnce",
    "MessageQueue.next",
    "Object.wait",
    "Thread.sleep",
    "Unsafe.park",
    "LockSupport.park",
    "LockSupport.parkNanos",
    "(idle)",
)


@dataclass(frozen=True, slots=True)
class HeavyMethod:
    """A method, the time that its calls took outside the calls they made, and their number in the stretch."""

    method: Method
    own_us: float
    calls: int


@dataclass(slots=True)
class CallsWithin:
    """The calls that touch a stretch, in drawing order: rows of the blocks, their parts inside, their parents' rows."""

    row: Array
    start: Array
    end: Array
    method: Array
    parent: Array
    thread: Array


def calls_within(blocks: Blocks, first: float, last: float) -> CallsWithin:
    """Each lane is in order of time, so the calls of a stretch stand beside each other in it."""
    start, duration, lanes = blocks.column("start"), blocks.column("duration"), blocks.column("lanes")
    bounds = np.iinfo(start.dtype)
    early, late = (start.dtype.type(min(max(moment, bounds.min), bounds.max)) for moment in (first, np.ceil(last)))
    parts, threads = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for (low, high), thread in zip(pairwise(blocks.column("offsets").tolist()), lanes[:, 0].tolist(), strict=True):
        starts = start[low:high]
        begin = low + max(int(np.searchsorted(starts, early, "right")) - 1, 0)
        parts.append(np.arange(begin, low + int(np.searchsorted(starts, late))))
        threads.append(np.full(len(parts[-1]), thread))
    row, thread_of = np.concatenate(parts), np.concatenate(threads)
    begins = start[row].astype(np.int64)
    ends = begins + duration[row]
    kept = ends > first
    row = row[kept]
    return CallsWithin(
        row=row,
        start=np.maximum(begins[kept], first),
        end=np.minimum(ends[kept], last),
        method=blocks.column("method")[row],
        parent=blocks.column("parent")[row],
        thread=thread_of[kept],
    )


def heaviest(blocks: Blocks, calls: CallsWithin, most: int) -> list[HeavyMethod]:
    """The methods with most own time in the stretch, without those that only wait."""
    methods = len(blocks.methods)
    own = np.maximum(_own_times(calls), 0)
    times = np.bincount(calls.method, own, methods)
    counts = np.bincount(calls.method, minlength=methods)
    times[waiting_methods(blocks.methods)] = 0
    order = np.argsort(-times, kind="stable")[:most]
    return [HeavyMethod(blocks.methods[n], float(times[n]), int(counts[n])) for n in order.tolist() if times[n] > 0]


def _own_times(calls: CallsWithin) -> Array:
    """What lies inside of each call, without what lies inside of the calls that it made."""
    inside = calls.end - calls.start
    if not len(inside):
        return inside
    place = np.minimum(np.searchsorted(calls.row, calls.parent), len(calls.row) - 1)
    child = calls.row[place] == calls.parent
    return inside - np.bincount(place[child], inside[child], len(inside))


def busy_by_thread(blocks: Blocks, calls: CallsWithin) -> dict[int, Stretches]:
    """When each thread, by its number, ran a call that does more than wait."""
    waits = np.zeros(len(blocks.methods) + 1, bool)
    waits[waiting_methods(blocks.methods)] = True
    spans = np.stack([calls.start, calls.end], axis=1)
    result = {}
    for thread in np.unique(calls.thread).tolist():
        mine = calls.thread == thread
        roots, idle = spans[mine & (calls.parent < 0)], spans[mine & waits[calls.method]]
        result[thread] = without(united(roots), united(idle)) if len(idle) else united(roots)
    return result


def busy_at_all(by_thread: dict[int, Stretches]) -> Stretches:
    """When any of the threads was busy."""
    return united(np.concatenate([NONE, *by_thread.values()]))


def waiting_methods(methods: Sequence[Method]) -> list[int]:
    """The numbers of methods in which a thread only waits."""
    return [number for number, one in enumerate(methods) if _only_waits(one)]


def _only_waits(method: Method) -> bool:
    name = f"{method.package}.{method.name}".partition("(")[0] if "(idle)" not in method.name else "(idle)"
    return any(name == known or name.endswith(f".{known}") for known in WAITING)
