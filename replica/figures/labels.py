"""How long labels took, in one session and over the sessions of a flow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from replica.figures.base import LEGEND, Json, axis, figure, plain_text, readable_scale
from replica.series.statistics import Summary
from statetrace_ui.web.quantities import duration


@dataclass(frozen=True, slots=True)
class LabelBar:
    """One label of a session: where it lies, in ms, and the page that shows it."""

    name: str
    category: str
    colour: int
    start: float
    end: float
    href: str


def label_bars(bars: Sequence[LabelBar]) -> Json:
    """A bar for each label from its start to its end, in order of time from the top."""
    scale, unit = readable_scale([bar.end for bar in bars], "ms")
    trace = {
        "type": "bar",
        "orientation": "h",
        "base": [bar.start * scale for bar in bars],
        "x": [(bar.end - bar.start) * scale for bar in bars],
        "y": list(range(len(bars))),
        "text": [duration(bar.end - bar.start) for bar in bars],
        "textposition": "auto",
        "cliponaxis": False,
        "textfont": {"color": "var(--on-category)"},
        "outsidetextfont": {"color": "var(--text-soft)"},
        "hovertext": [_bar_text(bar) for bar in bars],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [bar.href for bar in bars],
        "marker": {"color": [f"var(--category-{bar.colour})" for bar in bars]},
    }
    return _rows_figure([trace], [bar.name for bar in bars], axis(f"Time in the session ({unit})", rangemode="tozero"))


def _bar_text(bar: LabelBar) -> str:
    category = f" · {plain_text(bar.category)}" if bar.category else ""
    return f"{plain_text(bar.name, 80)}{category}<br>{duration(bar.end - bar.start)} from +{duration(bar.start)}"


@dataclass(frozen=True, slots=True)
class Spread:
    """The durations, in ms, of one label over a flow's sessions; `here` are those of the session looked at."""

    name: str
    colour: int
    values: Sequence[float]
    hrefs: Sequence[str]
    sessions: Sequence[str]
    summary: Summary
    here: Sequence[float] = ()


def label_spreads(spreads: Sequence[Spread]) -> Json:
    """A row for each label: every session's duration as a dot, the middle half as a bar, the median as a line."""
    scale, unit = readable_scale([spread.summary.most for spread in spreads], "ms")
    traces = [_middle_halves(spreads, scale), _dots(spreads, scale, unit), _medians(spreads, scale, unit)]
    if any(spread.here for spread in spreads):
        traces.append(_here(spreads, scale, unit))
    x_axis = axis(f"Duration ({unit})", rangemode="tozero")
    return _rows_figure(traces, [spread.name for spread in spreads], x_axis, top=28, showlegend=True, legend=LEGEND)


def _middle_halves(spreads: Sequence[Spread], scale: float) -> Json:
    return {
        "type": "bar",
        "orientation": "h",
        "name": "middle 50 %",
        "base": [spread.summary.q1 * scale for spread in spreads],
        "x": [spread.summary.iqr * scale for spread in spreads],
        "y": list(range(len(spreads))),
        "marker": {"color": [f"var(--category-{spread.colour})" for spread in spreads]},
        "hoverinfo": "skip",
    }


def _dots(spreads: Sequence[Spread], scale: float, unit: str) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "one session",
        "x": [value * scale for spread in spreads for value in spread.values],
        # Neighbours are set apart by a fixed pattern, so that equal durations do not hide each other.
        "y": [row + (i % 5 - 2) * 0.11 for row, spread in enumerate(spreads) for i in range(len(spread.values))],
        "customdata": [href for spread in spreads for href in spread.hrefs],
        "text": [plain_text(name) for spread in spreads for name in spread.sessions],
        "hovertemplate": f"%{{text}}<br>%{{x:.4~g}} {unit}<extra></extra>",
        "marker": {"size": 5, "color": "var(--text-soft)", "opacity": 0.65},
    }


def _medians(spreads: Sequence[Spread], scale: float, unit: str) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "median",
        "x": [spread.summary.median * scale for spread in spreads],
        "y": list(range(len(spreads))),
        "hovertemplate": f"median %{{x:.4~g}} {unit}<extra></extra>",
        "marker": {"symbol": "line-ns", "size": 20, "line": {"width": 2.5, "color": "var(--text)"}},
    }


def _here(spreads: Sequence[Spread], scale: float, unit: str) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "this session",
        "x": [value * scale for spread in spreads for value in spread.here],
        "y": [row for row, spread in enumerate(spreads) for _ in spread.here],
        "hovertemplate": f"this session %{{x:.4~g}} {unit}<extra></extra>",
        "marker": {
            "symbol": "diamond",
            "size": 10,
            "color": "var(--accent)",
            "line": {"width": 1, "color": "var(--surface)"},
        },
    }


def _rows_figure(traces: Sequence[Json], names: Sequence[str], x_axis: Json, top: int = 8, **layout: Any) -> Json:
    """A figure whose rows carry names, the first one on top. Rows are numbers: equal names stay apart."""
    y_axis = {
        **axis(),
        "tickvals": list(range(len(names))),
        "ticktext": [plain_text(name, 28) for name in names],
        "range": [len(names) - 0.4, -0.6],
        "fixedrange": True,
        "showgrid": False,
        "automargin": True,
    }
    margin = {"l": 8, "r": 16, "t": top, "b": 44}
    height = 26 * len(names) + top + 60
    return figure(
        traces,
        height,
        yaxis=y_axis,
        xaxis=x_axis,
        margin=margin,
        bargap=0.35,
        barmode="overlay",
        hovermode="closest",
        **layout,
    )
