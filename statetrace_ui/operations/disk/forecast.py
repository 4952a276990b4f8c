"""When something is full, by the trend of what was measured. Pure.

The trend is the median of the slopes between all pairs of measurements (Theil–Sen): a cleaning, or a day of imports,
does not turn it. Its quarter and three quarters say between when and when it is full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

LEAST_POINTS = 4
LEAST_SPAN = timedelta(hours=6)
MOST_POINTS = 150
DAY = timedelta(days=1)
FAR = 3650.0  # days: nobody plans further


@dataclass(frozen=True)
class Point:
    """Bytes that were used at a moment."""

    at: datetime
    used: float


@dataclass(frozen=True)
class Forecast:
    """per_day: bytes that it grows by in a day; less and most: with which three of four slopes are between.

    days: until it is full; soonest and latest: by `most` and `less`. None: not within ten years, if ever.
    """

    per_day: float
    less: float
    most: float
    days: float | None
    soonest: float | None
    latest: float | None

    @property
    def words(self) -> str:
        """`full in about 12 days (9 to 20)`."""
        if self.soonest is None:
            return "not full within ten years at this pace"
        if self.days is None:
            return f"full in {_days(self.soonest)} at the earliest"
        latest = _days(self.latest) if self.latest is not None else "ten years or more"
        return f"full in about {_days(self.days)} ({_days(self.soonest)} to {latest})"


def forecast(points: Sequence[Point], free: float | None = None) -> Forecast | None:
    """By measurements in order of time; None if these are too few, or too close together.

    free: bytes left after the last one; None where there is no limit, and nothing becomes full.
    """
    if len(points) < LEAST_POINTS or points[-1].at - points[0].at < LEAST_SPAN:
        return None
    less, per_day, most = quantiles(_slopes(_thinned(points)), n=4)
    return Forecast(per_day, less, most, _until(free, per_day), _until(free, most), _until(free, less))


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """MOST_POINTS of them, the last among them: pairs grow with the square."""
    step = -(-len(points) // MOST_POINTS)
    return [*points[::-1][::step]][::-1]


def _slopes(points: Sequence[Point]) -> list[float]:
    """Bytes a day between each two of them."""
    return [
        (later.used - earlier.used) / ((later.at - earlier.at) / DAY)
        for number, earlier in enumerate(points)
        for later in points[number + 1 :]
        if later.at > earlier.at
    ]


def _until(free: float | None, per_day: float) -> float | None:
    if free is None or per_day <= 0:
        return None
    days = max(0.0, free) / per_day
    return days if days <= FAR else None


def _days(days: float) -> str:
    if days < 1:
        hours = max(1, round(days * 24))
        return f"{hours} hour{'s' if hours != 1 else ''}"
    whole = round(days)
    return f"{whole} day{'s' if whole != 1 else ''}" if whole <= 90 else f"{round(days / 30)} months"
