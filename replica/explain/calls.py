"""The function calls of a stretch of time: which methods were heaviest in it, and when threads were busy. Pure.

A call counts with the part of it that lies in the stretch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from replica.explain.stretches import NONE, Stretches, united, without
from replica.profiles.blocks import Blocks, Method, Thread
from replica.profiles.method_table import sums_of_methods
from replica.profiles.stacks import Span, Stacks, select

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
class Place:
    """Where a call is: its thread, its depth from 0, and its start in µs since the first call."""

    thread: Thread
    depth: int
    at: int


@dataclass(frozen=True, slots=True)
class HeavyMethod:
    """A method, the time that its calls took outside the calls they made, and their number in the stretch.

    heaviest: the call that took most of it.
    """

    method: Method
    own_us: int
    calls: int
    heaviest: Place


def stacks_by_thread(blocks: Blocks, span: Span | None) -> list[Stacks]:
    """The calls of each thread, by its number, in the stretch; without a span, all."""
    return [select(blocks, thread, span=span) for thread in blocks.threads]


def heaviest(blocks: Blocks, by_thread: Sequence[Stacks], most: int) -> list[HeavyMethod]:
    """The methods with most own time in these stacks, without those that only wait."""
    own, calls = (np.zeros(len(blocks.methods), np.int64) for _ in range(2))
    for stacks in by_thread:
        sums = sums_of_methods(stacks, len(blocks.methods))
        own += sums.own
        calls += sums.calls
    own = np.where(waiting_methods(blocks.methods), 0, own)
    order = [n for n in np.argsort(-own, kind="stable")[:most].tolist() if own[n] > 0]
    return [
        HeavyMethod(blocks.methods[n], int(own[n]), int(calls[n]), _heaviest_call(blocks, by_thread, n)) for n in order
    ]


def _heaviest_call(blocks: Blocks, by_thread: Sequence[Stacks], method: int) -> Place:
    """The method's call with most own time."""
    found = [
        (int(stacks.own[row]), number, row) for number, stacks in enumerate(by_thread) for row in _most(stacks, method)
    ]
    _, number, row = max(found, key=lambda one: one[0])
    stacks, depth, above = by_thread[number], 0, row
    while (above := int(stacks.parent[above])) >= 0:
        depth += 1
    return Place(blocks.threads[number], depth, int(stacks.start[row]))


def _most(stacks: Stacks, method: int) -> list[int]:
    """The row of the method's call with most own time, if there is one."""
    rows = np.flatnonzero(stacks.method == method)
    return [int(rows[stacks.own[rows].argmax()])] if len(rows) else []


def busy_by_thread(blocks: Blocks, by_thread: Sequence[Stacks], first: int = 0) -> list[Stretches]:
    """When each thread, by its number, ran a call that does more than wait; in µs since the first call.

    first: where the stretch of these stacks begins.
    """
    waits = waiting_methods(blocks.methods)
    return [_busy(stacks, first, waits) for stacks in by_thread]


def _busy(stacks: Stacks, first: int, waits: Sequence[bool]) -> Stretches:
    start = np.maximum(stacks.start.astype(np.int64), first)
    inside = np.stack([start, start + stacks.weight], axis=1)
    idle = np.array(waits, bool)[stacks.method]
    busy = united(inside[stacks.roots])
    return without(busy, united(inside[idle])) if idle.any() else busy


def busy_at_all(by_thread: Sequence[Stretches]) -> Stretches:
    """When any of the threads was busy."""
    return united(np.concatenate([NONE, *by_thread]))


def waiting_methods(methods: Sequence[Method]) -> list[bool]:
    """For each method whether a thread only waits in it."""
    return [_only_waits(method) for method in methods]


def _only_waits(method: Method) -> bool:
    name = method.name if method.name == "(idle)" else f"{method.package}.{method.name}".partition("(")[0]
    return any(name == known or name.endswith(f".{known}") for known in WAITING)
