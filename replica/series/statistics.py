"""Summaries that do not hide the spread: order statistics, never a bare mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Summary:
    """Order statistics of `n` values, in the values' own unit."""

    n: int
    least: float
    q1: float
    median: float
    q3: float
    p90: float
    most: float

    @property
    def iqr(self) -> float:
        return self.q3 - self.q1


def summarise(values: Sequence[float] | NDArray[np.float64]) -> Summary | None:
    """Quantiles by linear interpolation over the finite values; None where there are none."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return None
    least, q1, median, q3, p90, most = (float(q) for q in np.quantile(numbers, [0, 0.25, 0.5, 0.75, 0.9, 1]))
    return Summary(int(numbers.size), least, q1, median, q3, p90, most)
