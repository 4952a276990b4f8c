"""Where a flow's values step up or down from one session on.

Change points are found by PELT (of ruptures, with a quadratic cost) on ranks, which one slow session does not move far;
each is kept if Mann and Whitney's test tells the sessions before it from those after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from replica.compare.statistics import p_values, shift_between
from replica.compare.subjects import Shift

FEWEST = 12  # values in all, and on each side of a step:
SHORTEST = 5
PENALTY = 3.0  # times log(n), for values whose variance is 1
GREATEST_P = 0.01


@dataclass(frozen=True, slots=True)
class StepChange:
    """From the value at `index` on, values lie higher or lower than those since the step before."""

    index: int
    shift: Shift


def step_changes(values: Sequence[float]) -> list[StepChange]:
    """The steps of values in order of time."""
    if len(values) < FEWEST or len(set(values)) == 1:
        return []
    ends = [0, *_change_points(values)]
    sides = [(values[before:at], values[at:after]) for (before, at), (_, after) in pairwise(pairwise(ends))]
    return [
        StepChange(at, shift_between(before, after))
        for at, (before, after), p in zip(ends[1:-1], sides, p_values(sides), strict=True)
        if p <= GREATEST_P
    ]


def _change_points(values: Sequence[float]) -> list[int]:
    """Where each part ends; the last end is that of all."""
    # As in `statistics`: who sees no trend should not wait for these.
    from ruptures import KernelCPD
    from scipy.stats import rankdata

    ranks = rankdata(values)
    search = KernelCPD(kernel="linear", min_size=SHORTEST).fit(((ranks - ranks.mean()) / ranks.std()).reshape(-1, 1))
    return [int(end) for end in search.predict(pen=PENALTY * log(len(values)))]
