"""The least and the greatest point of every bin of a series, and the rows of a range that look like all of it. Pure.

Bins hold equally many points from the series' first on; what is left at the end belongs to none.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

from replica.series.points import Floats, Rows

BIN = 256
WORTHWHILE = 512  # rows for each row kept, from which on bins are looked at instead of points
MINMAX: Any = MinMaxDownsampler()  # type: ignore[no-untyped-call]
Offsets = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Summits:
    """Of each bin the least and the greatest value, and where in it they stand."""

    low: Floats
    high: Floats
    low_at: Offsets
    high_at: Offsets


def summits_of(y: Floats) -> Summits:
    bins = y[: len(y) // BIN * BIN].reshape(-1, BIN)
    low_at, high_at = bins.argmin(axis=1), bins.argmax(axis=1)
    rows = np.arange(len(bins))
    return Summits(
        low=bins[rows, low_at],
        high=bins[rows, high_at],
        low_at=low_at.astype(np.uint8),
        high_at=high_at.astype(np.uint8),
    )


def looking_alike(y: Floats, summits: Summits, low: int, high: int, most: int) -> Rows:
    """At most `most` (at least 4) of the rows from `low` to before `high`, with the first, the last and all extremes
    of equally large buckets among them.
    """
    if high - low <= most:
        return np.arange(low, high)
    first, last = -(-low // BIN), high // BIN
    if high - low < WORTHWHILE * most or first >= last:
        rows, values = None, np.ascontiguousarray(y[low:high])
    else:
        rows, values = _candidates(y, summits, low, high, first, last)
    # Buckets of equal count: given x, this library panics on repeated values.
    kept = MINMAX.downsample(values, n_out=max(2, (most - 2) // 2 * 2)).astype(np.int64)
    kept = kept + low if rows is None else rows[kept]
    return np.unique(np.concatenate(([low], kept, [high - 1])))


def _candidates(y: Floats, summits: Summits, low: int, high: int, first: int, last: int) -> tuple[Rows, Floats]:
    """The summits of the bins from `first` to before `last`, and all points beside them: (rows, values)."""
    bins = slice(first, last)
    starts = np.arange(first, last, dtype=np.int64) * BIN
    rows = np.stack([starts + summits.low_at[bins], starts + summits.high_at[bins]], axis=1)
    values = np.stack([summits.low[bins], summits.high[bins]], axis=1)
    before, after = np.arange(low, first * BIN), np.arange(last * BIN, high)
    return (
        np.concatenate([before, rows.ravel(), after]),
        np.concatenate([y[before], values.ravel(), y[after]]),
    )


def extremes(y: Floats, summits: Summits, low: int, high: int) -> tuple[float, float]:
    """The least and greatest value of the rows, of which there is at least one."""
    first, last = -(-low // BIN), high // BIN
    if first >= last:
        return float(y[low:high].min()), float(y[low:high].max())
    beside = np.concatenate([y[low : first * BIN], y[last * BIN : high]])
    least, most = summits.low[first:last].min(), summits.high[first:last].max()
    return float(beside.min(initial=least)), float(beside.max(initial=most))
