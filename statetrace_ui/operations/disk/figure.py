"""The trend of disk as a figure. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from replica.figures.base import Json, axis, figure
from statetrace_ui.operations.disk.forecast import Forecast, Point

CLOCK = [
    {"dtickrange": [None, 86_400_000], "value": "%H:%M\n%-d %b"},
    {"dtickrange": [86_400_000, None], "value": "%-d %b\n%Y"},
]
AHEAD = timedelta(days=14)
UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def trend_figure(points: Sequence[Point], zone: ZoneInfo, by: Forecast | None, limit: int | None = None) -> Json:
    """What was measured; dotted, where the trend leads; as a line across, where it is full if that is near."""
    factor, unit = _unit(max((point.used for point in points), default=0.0))
    traces = [_line([(point.at, point.used) for point in points], zone, factor, unit)]
    if by and points:
        last = points[-1]
        traces.append(
            _line([(last.at, last.used), (last.at + AHEAD, last.used + by.per_day * AHEAD.days)], zone, factor, unit)
            | {"line": {"color": "var(--text-soft)", "dash": "dot", "width": 1.5}, "mode": "lines"}
        )
    shapes = [_full(limit / factor)] if limit and points and limit < 2 * points[-1].used else []
    x_axis = axis(f"Time ({zone.key})", type="date", tickformatstops=CLOCK, ticklabelstandoff=8)
    y_axis = axis(unit, rangemode="tozero")
    return figure(traces, 240, xaxis=x_axis, yaxis=y_axis, shapes=shapes)


def _unit(most: float) -> tuple[float, str]:
    return next(((factor, unit) for factor, unit in UNITS if most >= factor), (1.0, "bytes"))


def _line(points: Sequence[tuple[object, float]], zone: ZoneInfo, factor: float, unit: str) -> Json:
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(points) < 60 else "lines",
        "x": [at.astimezone(zone).replace(tzinfo=None).isoformat() for at, _ in points],  # type: ignore[attr-defined]
        "y": [used / factor for _, used in points],
        "line": {"color": "var(--chart-1)", "width": 2},
        "marker": {"size": 5},
        "hovertemplate": "%{x|%-d %b %Y, %H:%M}<br>%{y:.3s} " + unit + "<extra></extra>",
    }


def _full(at: float) -> Json:
    line = {"color": "var(--bad)", "width": 1, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "line": line}
