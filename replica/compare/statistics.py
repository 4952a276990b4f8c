"""How far, and how surely, the values of one group lie above those of another. Never a mean, never a percentage alone.

The shift is Hodges and Lehmann's, the test that of Mann and Whitney, the correction that of Benjamini and Hochberg.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from math import ceil, comb, sqrt

import numpy as np
from numpy.typing import NDArray

from replica.compare.subjects import Certainty, Shift, Subject

CLEAR, LIKELY = 0.05, 0.2  # the greatest q of these words
LIKELY_ALONE = 0.1  # the greatest p of what is likely: in a family of one, a q of 0.2 is one chance in five
ALONE = 0.025  # the greatest q of what is clear although that which it is a part of did not move
FEWEST = 4  # values on each side: of 3 and 3 no test can say anything
SEPARABLE = 5  # up to so many values on each side, separation counts
DEVIATIONS = 3  # how many of them a shift exceeds that counts as separation
EXACT = 20  # the most values on each side whose distribution is counted out
ARRANGEMENTS = 13_000  # the most where values repeat: 8 and 8 have 12,870

Floats = NDArray[np.float64]
Values = Sequence[float]


def shift_between(base: Values, new: Values) -> Shift:
    """The median of all differences, and its interval of 95 %. Both sides have at least one value."""
    differences = np.sort(np.subtract.outer(np.asarray(new, float), np.asarray(base, float)), axis=None)
    value = float(np.median(differences))
    rank = _rank_of_end(*sorted((len(base), len(new))))
    if not rank:
        return Shift(value)
    return Shift(value, float(differences[rank - 1]), float(differences[-rank]))


@lru_cache(maxsize=1024)
def _rank_of_end(fewer: int, more: int) -> int:
    """Which difference, counted from either end, is an end of the interval; 0 where all of them are too few for one."""
    if more > EXACT:
        spread = sqrt(fewer * more * (fewer + more + 1) / 12)
        return max(0, ceil(fewer * more / 2 - 1.96 * spread))
    below = np.cumsum(_arrangements(fewer, more)) / comb(fewer + more, fewer)
    return int(np.searchsorted(below, CLEAR / 2, side="right"))


def _arrangements(fewer: int, more: int) -> Floats:
    """In how many orders of all values Mann and Whitney's U is 0, 1, 2, …: the coefficients of a Gaussian binomial."""
    counts = np.zeros(fewer * more + 1)
    counts[0] = 1
    for step in range(1, fewer + 1):
        counts[more + step :] -= counts[: -(more + step)].copy()  # times 1 − q^(more + step)
        for first in range(step):  # divided by 1 − q^step
            counts[first::step] = np.cumsum(counts[first::step])
    return counts


def p_values(pairs: Sequence[tuple[Values, Values]]) -> list[float]:
    """Of each (base, new): how probable so great a difference is where there is none. Those of one size go at once."""
    alike: dict[tuple[int, int, bool], list[int]] = defaultdict(list)
    for place, (base, new) in enumerate(pairs):
        repeats = len({*base, *new}) < len(base) + len(new)
        alike[len(base), len(new), repeats].append(place)
    found = [1.0] * len(pairs)
    for size, places in alike.items():
        bases, news = (np.array([pairs[place][side] for place in places], float) for side in (0, 1))
        for place, p in zip(places, _mann_whitney(bases, news, *size), strict=True):
            found[place] = p
    return found


def _mann_whitney(base: Floats, new: Floats, count: int, other: int, repeats: bool) -> list[float]:
    """A p for each row. Where all values of a row are the same, nothing differs."""
    # SciPy takes seconds to import, so that whoever compares nothing should not wait for it.
    from scipy.stats import PermutationMethod, mannwhitneyu

    method: object = "exact" if max(count, other) <= EXACT else "asymptotic"
    if repeats:
        few = comb(count + other, count) <= ARRANGEMENTS
        method = PermutationMethod(n_resamples=ARRANGEMENTS, batch=ARRANGEMENTS) if few else "asymptotic"
    with np.errstate(all="ignore"):
        p = mannwhitneyu(base, new, axis=1, method=method).pvalue
    return [float(one) for one in np.nan_to_num(np.atleast_1d(p), nan=1.0)]


def corrected(p: Sequence[float]) -> list[float]:
    """The q of each p of a family: what share of the findings up to it may be false."""
    from scipy.stats import false_discovery_control

    return [float(q) for q in false_discovery_control(p)] if p else []


def enough(subject: Subject) -> bool:
    return min(len(subject.base), len(subject.new)) >= FEWEST


def certainty_of(subject: Subject, shift: Shift, p: float, q: float, parent_moved: bool) -> Certainty:
    """The word for a shift in a family whose parent moved, or did not."""
    base, new = subject.base_values, subject.new_values
    separate = parent_moved and max(len(base), len(new)) <= SEPARABLE and _are_apart(base, new, shift)
    if q <= (CLEAR if parent_moved else ALONE) or separate:
        return Certainty.CLEAR
    return Certainty.LIKELY if q <= LIKELY and p <= LIKELY_ALONE else Certainty.CANNOT_TELL


def _are_apart(base: Values, new: Values, shift: Shift) -> bool:
    """Whether every value of one side lies beyond every value of the other, and far beyond what a side varies by."""
    apart = min(new) > max(base) or max(new) < min(base)
    return apart and abs(shift.value) > DEVIATIONS * max(_deviation(base), _deviation(new))


def _deviation(values: Values) -> float:
    """The median distance from the median."""
    return float(np.median(np.abs(np.asarray(values) - np.median(values))))
