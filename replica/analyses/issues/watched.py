"""Issues that a time series tells: stretches in which a value is beyond a limit for longer than a benchmark. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replica.analyses.intervals import beyond, stretches
from replica.analyses.recorded import Floats, Impact, Recorded, Series


@dataclass(frozen=True)
class Watched:
    """Which series tell it, what of them is bad, and for how long that is nothing to speak of."""

    is_of: Callable[[Series], bool]
    is_bad: Callable[[Floats], NDArray[np.bool_]]
    benchmark_ms: float

    def applies(self, recorded: Recorded) -> bool:
        return any(self.is_of(series) and series.points > 1 for series in recorded.series)

    def find(self, recorded: Recorded) -> Iterator[Impact]:
        """An issue for each such series, with an impact for what each bad stretch has beyond the benchmark."""
        for series in filter(self.is_of, recorded.series):
            points = recorded.points[series.key]
            for stretch in stretches(points, self.is_bad(points.y)):
                if bad := beyond(stretch, self.benchmark_ms):
                    yield Impact(series.key, *bad, bad[1] - bad[0])


def words(series: Series) -> str:
    """Key and name as words: `page_content` and `Page content` are the same."""
    return f" {series.key} {series.name} ".lower().replace("_", " ").replace("-", " ")
