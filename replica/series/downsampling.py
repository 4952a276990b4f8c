"""Fewer points that look the same: split at gaps, then keep the extremes of every bucket. Pure.

Keeping minimum and maximum of each bucket (rather than the "most typical" point) means that no outlier can disappear,
and that with two buckets a pixel the line drawn is the one that all points would draw.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from replica.series.points import Floats, Points, Rows
from replica.series.summits import Summits, looking_alike


@dataclass(frozen=True, slots=True)
class Curve:
    """Points in order of x; a NaN in `y` breaks the line. It stands for `total` points of a range.

    beside: how many of its points lie beyond the range, so that a line comes in from there.
    """

    x: Floats
    y: Floats
    total: int
    regular: bool
    beside: int = 0

    @property
    def shown(self) -> int:
        return int(np.count_nonzero(np.isfinite(self.y))) - self.beside

    def points(self) -> list[tuple[float, float | None]]:
        """(x, y) as JSON can say them, x to a hundredth of a µs, y to seven digits: None where the line breaks."""
        xs = np.round(self.x, 5).tolist()
        return [(x, float(f"{y:.7g}") if np.isfinite(y) else None) for x, y in zip(xs, self.y.tolist(), strict=True)]


def downsample(points: Points, summits: Summits, first: float, last: float, limit: int) -> Curve:
    """At most about `limit` of the points from x = `first` to `last`, with gaps and every bucket's extremes kept.

    One point beyond either end is added, unless there is a gap between.
    """
    low, high = rows_between(points.x, first, last)
    edges = [low, *_gaps(points, low, high, limit // 8), high]
    pieces = [_thin(points, summits, a, b, limit, high - low) for a, b in pairwise(edges) if a < b]
    pieces, beside = _with_neighbours(points, pieces, low, high)
    return Curve(*_with_breaks(points, pieces), total=high - low, regular=points.regular, beside=beside)


def _with_neighbours(points: Points, pieces: list[Rows], low: int, high: int) -> tuple[list[Rows], int]:
    """The pieces with the rows before `low` and from `high` on that are joined to them, and the number of these."""
    inside = pieces or [np.empty(0, np.int64)]
    before = [low - 1] if 0 < low < len(points.x) and low not in points.gaps else []
    after = [high] if high < len(points.x) and high not in points.gaps else []
    inside[0] = np.concatenate([before, inside[0]]).astype(np.int64)
    inside[-1] = np.concatenate([inside[-1], after]).astype(np.int64)
    return [piece for piece in inside if len(piece)], len(before) + len(after)


def rows_between(x: Floats, first: float, last: float) -> tuple[int, int]:
    """The rows from the one to before the other have their x in the range."""
    low = int(np.searchsorted(x, first))
    return low, max(low, int(np.searchsorted(x, last, "right")))


def _gaps(points: Points, low: int, high: int, limit: int) -> list[int]:
    """The rows at which a piece begins after a gap; of more than `limit` gaps, those after the longest pauses."""
    gaps = points.gaps[np.searchsorted(points.gaps, low, "right") : np.searchsorted(points.gaps, high)]
    if len(gaps) > limit:
        pauses = points.x[gaps] - points.x[gaps - 1]
        gaps = np.sort(gaps[np.argsort(pauses, kind="stable")[-limit:]])
    return [int(gap) for gap in gaps]


def _thin(points: Points, summits: Summits, low: int, high: int, limit: int, total: int) -> Rows:
    """The rows of one piece, reduced to its share of the limit; its first and last stay."""
    share = max(4, int(limit * (high - low) / total))
    most = high - low if total <= limit else share
    return looking_alike(points.y, summits, low, high, most)


def _with_breaks(points: Points, pieces: list[Rows]) -> tuple[Floats, Floats]:
    """The pieces one after another, each but the last followed by a NaN at its last x."""
    xs: list[Floats] = []
    ys: list[Floats] = []
    for rows in pieces:
        x, y = points.x[rows], points.y[rows]
        xs += [x, x[-1:]]
        ys += [y, np.array([np.nan])]
    return np.concatenate([*xs, np.empty(0)])[:-1], np.concatenate([*ys, np.empty(0)])[:-1]
