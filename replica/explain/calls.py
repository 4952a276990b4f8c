"""The function calls of a stretch of time: which methods were heaviest in it, and when threads were busy. Pure.

A call counts with the part of it that lies in the stretch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from replica.explain.stretches import NONE, Stretches, united, without
from replica.profiles.blocks import Blocks, Method
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
class HeavyMethod:
    """A method, the time that its calls took outside the calls they made, and their number in the stretch."""

    method: Method
    own_us: int
    calls: int


def heaviest(blocks: Blocks, span: Span | None, most: int) -> list[HeavyMethod]:
    """The methods with most own time in the stretch, without those that only wait; without a span, in all."""
    sums = sums_of_methods(select(blocks, span=span), len(blocks.methods))
    own = np.where(waiting_methods(blocks.methods), 0, sums.own)
    order = np.argsort(-own, kind="stable")[:most].tolist()
    return [HeavyMethod(blocks.methods[n], int(own[n]), int(sums.calls[n])) for n in order if own[n] > 0]


def busy_by_thread(blocks: Blocks, span: Span | None) -> list[Stretches]:
    """When each thread, by its number, ran a call that does more than wait; in µs since the first call."""
    waits = waiting_methods(blocks.methods)
    first = span[0] if span else 0
    return [_busy(select(blocks, thread, span=span), first, waits) for thread in blocks.threads]


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
