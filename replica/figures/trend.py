"""One value for each session of a flow, over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from replica.figures.base import Json, axis, colour, figure, plain_text, readable_scale
from statetrace_ui.web.timeline import COLOURS
from statetrace_ui.web.tones import Tone

WINDOW = 9  # sessions whose median is drawn

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
    group: str = ""  # what colours it, instead of its tone
    counted: bool = True  # in the median


@dataclass(frozen=True, slots=True)
class TrendStep:
    """From the session that started then on, values lie higher or lower; the text says by how much."""

    start: datetime
    text: str
    up: bool


def trend_figure(
    dots: Sequence[TrendDot], title: str, unit: str, zone: tzinfo, steps: Sequence[TrendStep] = ()
) -> Json:
    """One dot for each session, at its start in `zone`, over their median and middle half; `unit` is the values'."""
    scale, unit = readable_scale([dot.value for dot in dots], unit)
    counted = [dot for dot in dots if dot.counted]
    around = _median_and_band(counted, scale, zone) if len(counted) >= WINDOW else []
    y_axis = axis(f"{plain_text(title)} ({plain_text(unit)})" if unit else plain_text(title), rangemode="tozero")
    x_axis = axis(f"Started ({zone})", type="date", tickformatstops=CLOCK, ticklabelstandoff=8)
    return figure(
        [*around, _dots(dots, scale, unit, zone)],
        230 if steps else 210,
        yaxis=y_axis,
        xaxis=x_axis,
        hovermode="closest",
        margin={"l": 64, "r": 16, "t": 24 if steps else 8, "b": 44},
        shapes=[_step_line(step, zone) for step in steps],
        annotations=[_step_text(step, zone) for step in steps],
    )


def _dots(dots: Sequence[TrendDot], scale: float, unit: str, zone: tzinfo) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [_clock(dot.start, zone) for dot in dots],
        "y": [dot.value * scale for dot in dots],
        "text": [f"{plain_text(dot.name)}<br>{plain_text(dot.group) or dot.status}" for dot in dots],
        "customdata": [dot.href for dot in dots],
        "hovertemplate": f"%{{text}}<br>%{{y:.4~g}} {plain_text(unit)}<br>%{{x|%-d %b %Y, %H:%M:%S}}<extra></extra>",
        "marker": {"size": 8, "color": group_colours(dots)},
    }


def group_colours(dots: Sequence[TrendDot]) -> list[str]:
    """The colour of each dot: of its group, in the order in which groups first appear, or of its tone."""
    groups = list(dict.fromkeys(dot.group for dot in dots if dot.group))
    return [colour(groups.index(dot.group) % COLOURS + 1) if dot.group else TONE_COLOURS[dot.tone] for dot in dots]


def _median_and_band(dots: Sequence[TrendDot], scale: float, zone: tzinfo) -> list[Json]:
    """The median of so many sessions around each, and the middle half of these as an area."""
    values = np.array([dot.value * scale for dot in dots])
    around = sliding_window_view(np.pad(values, WINDOW // 2, mode="reflect"), WINDOW)
    low, middle, high = np.quantile(around, [0.25, 0.5, 0.75], axis=1)
    line = {"type": "scatter", "mode": "lines", "x": [_clock(dot.start, zone) for dot in dots], "hoverinfo": "skip"}
    return [
        {**line, "y": low.tolist(), "line": {"width": 0, "color": "var(--line)"}},
        {**line, "y": high.tolist(), "line": {"width": 0}, "fill": "tonexty", "fillcolor": "var(--surface-hover)"},
        {**line, "y": middle.tolist(), "line": {"width": 1.5, "color": "var(--text-faint)"}},
    ]


def _step_line(step: TrendStep, zone: tzinfo) -> Json:
    at = _clock(step.start, zone)
    line = {"width": 1.5, "dash": "dot", "color": _step_colour(step)}
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _step_text(step: TrendStep, zone: tzinfo) -> Json:
    return {
        "x": _clock(step.start, zone),
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "text": plain_text(step.text),
        "font": {"size": 11, "color": _step_colour(step)},
    }


def _step_colour(step: TrendStep) -> str:
    return "var(--bad)" if step.up else "var(--good)"


def _clock(at: datetime, zone: tzinfo) -> str:
    """What a clock in `zone` shows; Plotly knows no zones and draws a time as it is written."""
    return at.astimezone(zone).replace(tzinfo=None).isoformat()
