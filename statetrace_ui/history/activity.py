"""What somebody did, or what happened to a table, over time, as figures. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple, Protocol

from replica.figures.base import LEGEND, Json, axis, figure

LEAST_DAYS = 14  # that the axis shows, so that one day is a bar and not a wall
DAYS = [
    {"dtickrange": [None, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", None], "value": "%b %Y"},
]
HOURS = [{"dtickrange": [None, None], "value": "%H:%M\n%-d %b"}]


class Kind(Protocol):
    """A kind of change, as the model has it."""

    @property
    def label(self) -> str: ...

    @property
    def value(self) -> str: ...


class KindBar(NamedTuple):
    """How many changes of one kind there were in an hour or on a day of the viewer's zone, and who lists them."""

    at: datetime
    is_hour: bool
    kind: Kind
    changes: int
    href: str


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


COLOURS = {"I": "var(--good)", "U": "var(--chart-1)", "D": "var(--bad)", "T": "var(--chart-4)", "A": "var(--chart-2)"}


def changes_figure(bars: Sequence[KindBar], zone: str) -> Json:
    """The kinds above each other. bars: all of hours, or all of days."""
    by_hour = bool(bars) and bars[0].is_hour
    unit = timedelta(hours=1) if by_hour else timedelta(days=1)
    kinds = sorted(bars, key=lambda bar: list(COLOURS).index(bar.kind.value))
    traces = [_trace(list(some), by_hour) for _, some in groupby(kinds, key=lambda bar: bar.kind.value)]
    title = f"Hour ({zone})" if by_hour else f"Day ({zone})"
    times = sorted(bar.at for bar in bars)
    x_axis = axis(title, type="date", tickformatstops=HOURS if by_hour else DAYS, ticklabelstandoff=8)
    if times:
        first, last = min(times[0], times[-1] - unit * (LEAST_DAYS - 1)), times[-1]
        # An hour is drawn from its beginning on; a day around it.
        ends = (first - unit / 2, last + unit * 1.5) if by_hour else (first - unit, last + unit)
        x_axis["range"] = [end.isoformat() for end in ends]
        if not by_hour and (last - first).days < 2 * LEAST_DAYS:
            x_axis |= {"dtick": 86_400_000 * 2, "tick0": last.date().isoformat()}
    layout = {"barmode": "stack", "showlegend": True, "legend": LEGEND, "margin": {"l": 64, "r": 16, "t": 32, "b": 44}}
    return figure(traces, 240, xaxis=x_axis, yaxis=axis("Changes", rangemode="tozero", tickformat=",d"), **layout)


def _trace(bars: Sequence[KindBar], by_hour: bool) -> Json:
    hours = {"width": 3_000_000, "offset": 300_000} if by_hour else {"width": 20 * 3600 * 1000}
    time = "%H:%M, %-d %b %Y" if by_hour else "%-d %b %Y"
    return {
        "type": "bar",
        "name": bars[0].kind.label,
        "x": [bar.at.isoformat() for bar in bars],
        "y": [bar.changes for bar in bars],
        "customdata": [bar.href for bar in bars],
        "hovertemplate": f"%{{x|{time}}}<br>%{{y:,}} {bars[0].kind.label.lower()}<extra></extra>",
        "marker": {"color": COLOURS[bars[0].kind.value]},
        **hours,
    }
