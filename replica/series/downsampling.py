"""Fewer points that look the same: split at gaps, then keep the extremes of every bucket.

Keeping minimum and maximum of each bucket (rather than the "most typical" point) means that no outlier can disappear,
and that with two buckets a pixel the line drawn is the one that all points would draw.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

Floats = NDArray[np.float64]
GAP = 5.0  # steps; a regularly sampled series that pauses for longer has no data there
MINMAX: Any = MinMaxDownsampler()  # type: ignore[no-untyped-call]
REGULAR = 2.0  # a series is regular if 9 of 10 steps are shorter than so many median steps


@dataclass(frozen=True, slots=True)
class Curve:
    """Points in order of x; a NaN in `y` breaks the line. `total` counts the points they stand for."""

    x: Floats
    y: Floats
    total: int
    regular: bool

    @property
    def shown(self) -> int:
        return int(np.count_nonzero(np.isfinite(self.y)))

    def points(self) -> list[tuple[float, float | None]]:
        """(x, y) as JSON can say them: None where the line breaks."""
        return [(float(x), float(y) if np.isfinite(y) else None) for x, y in zip(self.x, self.y, strict=True)]


def downsample(x: Floats, y: Floats, limit: int) -> Curve:
    """At most about `limit` of the points (x, y), in order of x, with gaps and every bucket's extremes kept.

    A value that is not finite is a gap. So is a pause of a regularly sampled series; an irregular series reports
    changes only and keeps its last value, so its pauses are no gaps (draw it as steps).
    """
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    regular = is_regular(x)
    finite = np.flatnonzero(np.isfinite(y))
    missing = np.diff(finite) > 1
    x, y = x[finite], y[finite]
    edges = [0, *_gaps(x, missing, regular, limit // 8), len(x)]
    pieces = [_thin(x[a:b], y[a:b], limit, len(x)) for a, b in pairwise(edges) if a < b]
    return Curve(*_with_breaks(pieces), total=len(x), regular=regular)


def is_regular(x: Floats) -> bool:
    """Whether the x values, which must be in order, look sampled at a fixed rate."""
    steps = np.diff(x)
    steps = steps[steps > 0]
    return bool(steps.size and np.quantile(steps, 0.9) <= REGULAR * np.median(steps))


def _gaps(x: Floats, missing: NDArray[np.bool_], regular: bool, limit: int) -> list[int]:
    """The indices at which a piece begins after a gap; of more than `limit` gaps, the widest."""
    steps = np.diff(x)
    is_gap = missing | (steps > GAP * np.median(steps[steps > 0])) if regular and len(steps) else missing
    gaps = np.flatnonzero(is_gap)
    if len(gaps) > limit:
        gaps = np.sort(gaps[np.argsort(steps[gaps], kind="stable")[-limit:]])
    return [int(index) + 1 for index in gaps]


def _thin(x: Floats, y: Floats, limit: int, total: int) -> tuple[Floats, Floats]:
    """One piece, reduced to its share of the limit; its first and last point stay."""
    share = max(4, int(limit * len(x) / total))
    if total <= limit or len(x) <= share:
        return x, y
    # Buckets of equal count: given x, this library panics on repeated values.
    kept = MINMAX.downsample(np.ascontiguousarray(y), n_out=max(2, (share - 2) // 2 * 2))
    kept = np.unique(np.concatenate(([0], kept.astype(np.int64), [len(x) - 1])))
    return x[kept], y[kept]


def _with_breaks(pieces: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """The pieces one after another, each but the last followed by a NaN at its last x."""
    xs: list[Floats] = []
    ys: list[Floats] = []
    for x, y in pieces:
        xs += [x, x[-1:]]
        ys += [y, np.array([np.nan])]
    return np.concatenate([*xs, np.empty(0)])[:-1], np.concatenate([*ys, np.empty(0)])[:-1]
