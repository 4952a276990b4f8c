"""Exact order statistics of any range of a series, by chunks whose values are sorted ahead. Pure.

The value of a rank is looked for among a sample of the chunks first, and then among the few values between two
values of the sample: of ten million values some ten thousand are read for each.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from replica.series.points import Floats
from replica.series.statistics import Summary, summarise

CHUNK = 65_536
SAMPLED = 256  # every so many-th value of a sorted chunk
FEW = 2 * CHUNK  # rows up to which all values are simply looked at
QUANTILES = (0.25, 0.5, 0.75, 0.9)


def sorted_chunks(y: Floats) -> Floats:
    """The values with each whole chunk in order; what is left at the end is as it was."""
    whole = len(y) // CHUNK * CHUNK
    return np.concatenate([np.sort(y[:whole].reshape(-1, CHUNK), axis=1).ravel(), y[whole:]])


def summary_of(y: Floats, chunks: Floats, low: int, high: int) -> Summary | None:
    """What `summarise` says of the rows from `low` to before `high`, whose values must be finite."""
    if high - low <= FEW:
        return summarise(y[low:high])
    first, last = -(-low // CHUNK), high // CHUNK
    inner = chunks[first * CHUNK : last * CHUNK].reshape(-1, CHUNK)
    rest = np.sort(np.concatenate([y[low : first * CHUNK], y[last * CHUNK : high]]))
    places = [(high - low - 1) * quantile for quantile in (0.0, *QUANTILES, 1.0)]
    return Summary(high - low, *_at_places([*inner, rest], places))


def _at_places(parts: Sequence[Floats], places: Sequence[float]) -> list[float]:
    """The values at these places of all values in order; between two of them as far as the place is."""
    sample = np.sort(np.concatenate([part[::SAMPLED] for part in parts]))
    found = []
    for place in places:
        least, beyond = _pair(parts, sample, int(place))
        found.append(least + (beyond - least) * (place % 1) if place % 1 else least)
    return found


def _pair(parts: Sequence[Floats], sample: Floats, rank: int) -> tuple[float, float]:
    """The values of this rank, counted from 0, and of the next one (the same at the end).

    Of a part with t sampled values below v, at most t · SAMPLED values are below v, and more than (t - 1) · SAMPLED are
    not above it if t are not: so both values lie between two sampled ones that stand little more than the number of
    parts from each other.
    """
    low = sample[rank // SAMPLED]
    place = (rank + 1) // SAMPLED + 1 + len(parts)
    high = sample[place] if place < len(sample) else np.inf
    begins, ends = _counts(parts, low, "right"), _counts(parts, high, "left")
    between = np.concatenate(
        [part[a:b] for part, a, b in zip(parts, begins, ends, strict=True) if a < b] or [np.empty(0)]
    )
    before, last = sum(begins), sum(map(len, parts)) - 1
    wanted = [min(one, last) - before for one in (rank, rank + 1)]
    within = [place for place in wanted if 0 <= place < len(between)]
    between = np.partition(between, within) if within else between
    least, beyond = (low if place < 0 else between[place] if place < len(between) else high for place in wanted)
    return float(least), float(beyond)


def _counts(parts: Sequence[Floats], value: float, side: Literal["left", "right"]) -> list[int]:
    """How many values of each part are below `value`, or with "right" not above it."""
    return [int(np.searchsorted(part, value, side)) for part in parts]
