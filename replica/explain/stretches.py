"""Stretches of time as arrays of (start, end): united, cut, measured and compared. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Stretches = NDArray[np.float64]  # shape (n, 2); united ones are in order and do not touch
NONE: Stretches = np.empty((0, 2))


def united(stretches: Iterable[tuple[float, float]] | NDArray[Any]) -> Stretches:
    """The same time without overlaps, in order; what has no length is left out."""
    given = np.asarray(stretches if isinstance(stretches, np.ndarray) else list(stretches), np.float64).reshape(-1, 2)
    if (given[:, 1] > given[:, 0]).all() and (given[1:, 0] > given[:-1, 1]).all():
        return given
    given = given[given[:, 1] > given[:, 0]]
    if not len(given):
        return NONE
    given = given[np.argsort(given[:, 0], kind="stable")]
    reached = np.maximum.accumulate(given[:, 1])
    begins = np.concatenate(([0], np.flatnonzero(given[1:, 0] > reached[:-1]) + 1))
    return np.stack([given[begins, 0], reached[np.append(begins[1:], len(given)) - 1]], axis=1)


def within(stretches: NDArray[Any], first: float, last: float) -> Stretches:
    """What of them lies between two moments."""
    return united(np.clip(stretches.reshape(-1, 2), first, last))


def length(stretches: Stretches) -> float:
    """How long united stretches are in all."""
    return float((stretches[:, 1] - stretches[:, 0]).sum())


def without(stretches: Stretches, others: Stretches) -> Stretches:
    """The time of united stretches that is not in the others, which are united, too."""
    if not len(stretches):
        return NONE
    places = np.concatenate([stretches.ravel(), others.ravel()])
    inside = np.concatenate([np.tile([1, -1], len(stretches)), np.zeros(others.size, int)])
    outside = np.concatenate([np.zeros(stretches.size, int), np.tile([1, -1], len(others))])
    order = np.argsort(places, kind="stable")
    kept = (np.cumsum(inside[order]) > 0) & (np.cumsum(outside[order]) == 0)
    ends = np.append(places[order][1:], np.inf)
    return united(np.stack([places[order], ends], axis=1)[kept])


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the time: its kind, its name, and as a bar `x` and `width` in percent, as SVG takes them."""

    kind: str
    name: str
    ms: float
    percent: float
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Spent:
    """How a stretch of time was spent, in ms; the four parts add up to `length`.

    running: some thread ran a call, and no request was open. both: one was. waiting: a request was open, and no thread
    ran a call. idle: neither.
    """

    length: float
    running: float
    both: float
    waiting: float
    idle: float

    @property
    def parts(self) -> list[Part]:
        """Those that took time, one beside the other."""
        result: list[Part] = []
        at = 0.0
        for kind, name in NAMES.items():
            ms = getattr(self, kind)
            if ms > 0:
                percent = 100 * ms / self.length
                result.append(Part(kind, name, ms, percent, f"{at:.2f}%", f"{percent:.2f}%"))
                at += percent
        return result


NAMES = {
    "running": "running",
    "both": "running while a request was open",
    "waiting": "waiting for requests",
    "idle": "neither",
}


def spent(first: float, last: float, busy: NDArray[Any], requests: NDArray[Any]) -> Spent:
    """How the time between two moments was spent, where threads were busy and requests open as given."""
    running, waiting = within(busy, first, last), within(requests, first, last)
    some = length(united(np.concatenate([running, waiting])))
    ran, waited, whole = length(running), length(waiting), max(last - first, 0.0)
    return Spent(
        length=whole,
        running=max(some - waited, 0.0),
        both=max(ran + waited - some, 0.0),
        waiting=max(some - ran, 0.0),
        idle=max(whole - some, 0.0),
    )
