"""A series' points made ready: in order of x, finite, and cut into pieces at gaps. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
GAP = 5.0  # steps; a regularly sampled series that pauses for longer has no data there
REGULAR = 2.0  # a series is regular if 9 of 10 steps are shorter than so many median steps
SAMPLED_STEPS = 20_000  # of more steps, so many tell what is usual


@dataclass(frozen=True, slots=True)
class Points:
    """Finite points in order of x. `gaps` are the rows, in order, at which a piece begins after a gap."""

    x: Floats
    y: Floats
    gaps: Rows
    regular: bool


def arranged(x: Floats, y: Floats) -> Points:
    """The points in order of x, and of those with one x in the order given; without those that have no finite x.

    A value that is not finite is a gap. So is a pause of a regularly sampled series; an irregular series reports
    changes only and keeps its last value, so its pauses are no gaps (draw it as steps).
    """
    x, y = _in_order(x, y)
    steps = _usual_steps(x)
    regular = is_regular(steps)
    finite = np.isfinite(y)
    missing = None
    if not finite.all():
        rows = np.flatnonzero(finite)
        missing = np.diff(rows) > 1
        x, y = x[rows], y[rows]
    return Points(x, y, _gaps(x, missing, steps if regular else steps[:0]), regular)


def _in_order(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    if not np.isfinite(x).all():
        placed = np.isfinite(x)
        x, y = x[placed], y[placed]
    if (x[1:] >= x[:-1]).all():
        return x, y
    order = np.argsort(x, kind="stable")
    return x[order], y[order]


def is_regular(steps: Floats) -> bool:
    """Whether x values look sampled at a fixed rate, by the steps between them."""
    return bool(steps.size and np.quantile(steps, 0.9) <= REGULAR * np.median(steps))


def _usual_steps(x: Floats) -> Floats:
    """The positive steps of x, or a fixed sample of them where there are very many."""
    if len(x) <= SAMPLED_STEPS:
        steps = np.diff(x)
    else:
        rows = np.random.default_rng(0).integers(0, len(x) - 1, SAMPLED_STEPS)
        steps = x[rows + 1] - x[rows]
    return steps[steps > 0]


def _gaps(x: Floats, missing: NDArray[np.bool_] | None, usual: Floats) -> Rows:
    """usual: the steps of a regular series."""
    if not usual.size:
        return np.flatnonzero(missing) + 1 if missing is not None else np.empty(0, np.int64)
    is_gap = np.diff(x) > GAP * np.median(usual)
    return np.flatnonzero(is_gap if missing is None else is_gap | missing) + 1
