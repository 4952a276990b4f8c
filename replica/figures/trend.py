"""One value for each session of a flow, over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from replica.figures.base import Json, axis, figure, plain_text, readable_scale
from statetrace_ui.web.tones import Tone

TONE_COLOURS = {Tone.GOOD: "var(--good)", Tone.BAD: "var(--bad)", Tone.PLAIN: "var(--text-faint)"}

# Ticks as the pages write times; ranges of the distance between ticks are in ms.
CLOCK = [
    {"dtickrange": [None, 60_000], "value": "%H:%M:%S\n%-d %b %Y"},
    {"dtickrange": [60_000, 86_400_000], "value": "%H:%M\n%-d %b %Y"},
    {"dtickrange": [86_400_000, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", None], "value": "%b %Y"},
]


@dataclass(frozen=True, slots=True)
class TrendDot:
    """A session: its name, status and tone, its value, and the page that shows it."""

    name: str
    status: str
    tone: Tone
    start: datetime
    value: float
    href: str = ""


def trend_figure(dots: Sequence[TrendDot], title: str, unit: str, zone: tzinfo) -> Json:
    """One dot for each session, at its start in `zone`; `unit` is the values'."""
    scale, unit = readable_scale([dot.value for dot in dots], unit)
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [_clock(dot.start, zone) for dot in dots],
        "y": [dot.value * scale for dot in dots],
        "text": [f"{plain_text(dot.name)}<br>{dot.status}" for dot in dots],
        "customdata": [dot.href for dot in dots],
        "hovertemplate": f"%{{text}}<br>%{{y:.4~g}} {plain_text(unit)}<br>%{{x|%-d %b %Y, %H:%M:%S}}<extra></extra>",
        "marker": {"size": 8, "color": [TONE_COLOURS[dot.tone] for dot in dots]},
    }
    y_axis = axis(f"{plain_text(title)} ({plain_text(unit)})" if unit else plain_text(title), rangemode="tozero")
    x_axis = axis(f"Started ({zone})", type="date", tickformatstops=CLOCK, ticklabelstandoff=8)
    return figure([trace], 210, yaxis=y_axis, xaxis=x_axis, hovermode="closest")


def _clock(at: datetime, zone: tzinfo) -> str:
    """What a clock in `zone` shows; Plotly knows no zones and draws a time as it is written."""
    return at.astimezone(zone).replace(tzinfo=None).isoformat()
