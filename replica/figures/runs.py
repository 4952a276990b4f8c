"""How long the runs of an export took, and how many rows each committed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from replica.figures.base import Json, axis, colour, figure, readable_scale
from replica.figures.trend import CLOCK


@dataclass(frozen=True, slots=True)
class RunMark:
    """A run that has ended. duration: in ms."""

    start: datetime
    duration: float
    rows: int
    failed: bool


def runs_figure(runs: Sequence[RunMark], zone: tzinfo) -> Json:
    """Durations as dots over bars of rows; failed runs are red."""
    scale, unit = readable_scale([run.duration for run in runs], "ms")
    at = [run.start.astimezone(zone).replace(tzinfo=None).isoformat() for run in runs]
    rows = {
        "type": "scatter",
        "mode": "lines+markers",
        "yaxis": "y2",
        "x": at,
        "y": [run.rows for run in runs],
        "name": "Rows",
        "line": {"color": colour(1), "width": 1.5, "shape": "hv"},
        "marker": {"size": 4, "color": colour(1)},
        "hovertemplate": "%{y:,} rows<br>%{x|%-d %b %Y, %H:%M:%S}<extra></extra>",
    }
    durations = {
        "type": "scatter",
        "mode": "markers",
        "x": at,
        "y": [run.duration * scale for run in runs],
        "name": "Duration",
        "marker": {"size": 8, "color": ["var(--bad)" if run.failed else "var(--good)" for run in runs]},
        "hovertemplate": f"%{{y:.4~g}} {unit}<br>%{{x|%-d %b %Y, %H:%M:%S}}<extra></extra>",
    }
    return figure(
        [rows, durations],
        200,
        yaxis=axis(f"Dots: duration ({unit})", rangemode="tozero"),
        yaxis2=axis(
            "Line: rows", rangemode="tozero", overlaying="y", side="right", showgrid=False, tickformat=".3~s", nticks=4
        ),
        xaxis=axis(f"Started ({zone})", type="date", tickformatstops=CLOCK, ticklabelstandoff=8),
        hovermode="closest",
        margin={"l": 64, "r": 72, "t": 8, "b": 44},
    )
