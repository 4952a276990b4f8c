"""What somebody did over time, as a figure. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from replica.figures.base import Json, axis, figure

LEAST_DAYS = 14  # that the axis shows, so that one day is a bar and not a wall
DAYS = [
    {"dtickrange": [None, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", None], "value": "%b %Y"},
]


class Bar(NamedTuple):
    """A day: how many actions, with how many changes of rows, and the page that lists them."""

    day: date
    actions: int
    changes: int
    href: str


def activity_figure(bars: Sequence[Bar], zone: str) -> Json:
    """A bar for each day on which something was done."""
    trace = {
        "type": "bar",
        "x": [bar.day.isoformat() for bar in bars],
        "y": [bar.actions for bar in bars],
        "width": 20 * 3600 * 1000,
        "text": [f"{bar.changes:,} changes" for bar in bars],
        "textposition": "none",
        "customdata": [bar.href for bar in bars],
        "hovertemplate": "%{x|%-d %b %Y}<br>%{y:,} actions, %{text}<extra></extra>",
        "marker": {"color": "var(--chart-1)"},
    }
    x_axis = axis(f"Day ({zone})", type="date", tickformatstops=DAYS, ticklabelstandoff=8, **_range(bars))
    return figure([trace], 190, xaxis=x_axis, yaxis=axis("Actions", rangemode="tozero", tickformat=",d"))


def _range(bars: Sequence[Bar]) -> Json:
    """The days from the first to the last, and LEAST_DAYS at least; ticks no closer than a day."""
    if not bars:
        return {}
    last = bars[-1].day
    first = min(bars[0].day, last - timedelta(days=LEAST_DAYS - 1))
    ends = (first - timedelta(days=1), last)
    ticks = {"dtick": 86_400_000 * 2, "tick0": last.isoformat()} if (last - first).days < 2 * LEAST_DAYS else {}
    return {"range": [datetime.combine(day, time(12)).isoformat() for day in ends], **ticks}
