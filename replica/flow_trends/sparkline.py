"""A line of how long a user flow's sessions took, small enough for a row of a table. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from replica.compare.sentence import brief

# In pixels: templates/replica/sparkline.html draws it.
WIDTH, HEIGHT, EDGE = 120, 28, 4
LEAST_EXTENT = 0.2  # of the longest duration: what differs by less shall not look like a trend
MOST_ABOVE = 2  # medians: what took longer stays at the upper edge, so that one hanging session does not flatten all


@dataclass(frozen=True, slots=True)
class Sparkline:
    """points: of a polyline; last: where it ends. baseline: the height of the baseline's median, if there is one."""

    points: str
    last: tuple[float, float]
    baseline: float | None
    title: str


def sparkline(durations: Sequence[float], baseline: float | None = None) -> Sparkline | None:
    """One point for each duration, in ms, oldest first, and as far apart each; None without any."""
    if not durations:
        return None
    low, high = _scale([*durations, *([baseline] if baseline is not None else [])], median(durations))

    def y_of(ms: float) -> float:
        return round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (min(ms, high) - low) / (high - low), 1)

    step = (WIDTH - 2 * EDGE) / max(1, len(durations) - 1)
    first = WIDTH - EDGE - step * (len(durations) - 1)
    places = [(round(first + step * place, 1), y_of(ms)) for place, ms in enumerate(durations)]
    level = y_of(baseline) if baseline is not None else None
    return Sparkline(" ".join(f"{x},{y}" for x, y in places), places[-1], level, _title(durations))


def _scale(values: Sequence[float], middle: float) -> tuple[float, float]:
    """The durations at the lower and the upper edge."""
    low, high = min(values), min(max(values), max(MOST_ABOVE * middle, min(values)))
    missing = max(LEAST_EXTENT * abs(high) - (high - low), 0) or (0 if high > low else 1)
    return low - missing / 2, high + missing / 2


def _title(durations: Sequence[float]) -> str:
    """“12 sessions, 10.2 s to 11.9 s”."""
    least, most = brief(min(durations)), brief(max(durations))
    sessions = f"{len(durations)} session{'s' * (len(durations) != 1)}"
    return f"{sessions}, {least}" if least == most else f"{sessions}, {least} to {most}"
