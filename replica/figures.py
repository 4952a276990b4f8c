"""Charts as Plotly figures: pure functions from rows to what static/js/chart.js draws.

Colours are names of custom properties (`var(--good)`), which the browser resolves for its theme. Every text of foreign
origin goes through `plain`; no text is bold or italic, which Plotly does by inline styles. Points that lead somewhere
carry an address in `customdata`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from plotly.graph_objects import Figure

from replica.schema.statuses import SessionStatus
from replica.series.downsampling import Curve
from replica.series.statistics import Summary
from statetrace_ui.web.templatetags.statetrace import duration
from statetrace_ui.web.timeline import COLOURS

FigureJson = dict[str, Any]
LONGEST_NAME = 40
STATUS_COLOURS: dict[str, str] = {
    SessionStatus.PASSED: "var(--good)",
    SessionStatus.FAILED: "var(--bad)",
    SessionStatus.EXCLUDED: "var(--text-faint)",
}
DASHES = ("solid", "dot", "dash", "dashdot")  # tells series apart that share a colour


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    """`text` shortened, and so that Plotly, which reads some HTML, shows it letter by letter."""
    short = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")


def colour(number: int) -> str:
    """A category's colour as a line or mark: stronger than the surface colour of the same number."""
    return f"var(--chart-{number})"


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    return {
        "title": {"text": title, "standoff": 8, "font": {"size": 12}},
        "zeroline": False,
        "gridcolor": "var(--line)",
        **more,
    }


def figure(traces: Sequence[dict[str, Any]], height: int, **layout: Any) -> FigureJson:
    """The JSON form of a figure in the look that all charts share; arrays of numbers travel as base64."""
    common = {
        "template": "none",
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": "var(--text-soft)"},
        "hoverlabel": {
            "bgcolor": "var(--surface-raised)",
            "bordercolor": "var(--line-strong)",
            "font": {"color": "var(--text)"},
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "var(--text-soft)", "activecolor": "var(--accent)"},
        "margin": {"l": 64, "r": 16, "t": 8, "b": 44},
        "showlegend": False,
        "dragmode": "zoom",
        "uirevision": "kept",
    }
    made: FigureJson = Figure(data=list(traces), layout={**common, **layout}).to_dict()
    return made


def trend(dots: Sequence[Mapping[str, Any]], title: str, unit: str, zone: tzinfo) -> FigureJson:
    """One dot a session over time in `zone`; dots: session_id, name, status, start_time, value (and href)."""
    scale, unit = readable_scale([dot["value"] for dot in dots], unit)
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [_clock(dot["start_time"], zone) for dot in dots],
        "y": [dot["value"] * scale for dot in dots],
        "text": [f"{plain(dot['name'] or dot['session_id'])}<br>{dot['status']}" for dot in dots],
        "customdata": [dot.get("href", "") for dot in dots],
        "hovertemplate": f"%{{text}}<br>%{{y:.4~g}} {plain(unit)}<br>%{{x|%d %b %Y, %H:%M:%S}}<extra></extra>",
        "marker": {"size": 8, "color": [STATUS_COLOURS.get(dot["status"], "var(--accent)") for dot in dots]},
    }
    y_axis = axis(f"{plain(title)} ({plain(unit)})" if unit else plain(title), rangemode="tozero")
    x_axis = axis(f"Started ({zone})", type="date")
    return figure([trace], 210, yaxis=y_axis, xaxis=x_axis, hovermode="closest")


def _clock(at: datetime, zone: tzinfo) -> str:
    """What a clock in `zone` shows; Plotly knows no zones and draws a time as it is written."""
    return at.astimezone(zone).replace(tzinfo=None).isoformat()


def readable_scale(values: Sequence[float], unit: str) -> tuple[float, str]:
    """The factor and unit in which values of `unit` read best: long milliseconds become seconds or minutes."""
    most = max((abs(value) for value in values), default=0.0)
    if unit != "ms" or most < 2000:
        return 1.0, unit
    return (1 / 1000, "s") if most < 120_000 else (1 / 60_000, "min")


@dataclass(frozen=True, slots=True)
class LabelBar:
    """One label of a session: where it lies, in ms, and the page that shows it."""

    name: str
    category: str
    colour: int
    start: float
    end: float
    href: str


def label_bars(bars: Sequence[LabelBar]) -> FigureJson:
    """A bar a label from its start to its end, in order of time from the top."""
    scale, unit = readable_scale([bar.end for bar in bars], "ms")
    trace = {
        "type": "bar",
        "orientation": "h",
        "base": [bar.start * scale for bar in bars],
        "x": [(bar.end - bar.start) * scale for bar in bars],
        "y": list(range(len(bars))),
        "text": [duration(bar.end - bar.start) for bar in bars],
        "textposition": "auto",
        "textfont": {"color": "var(--on-category)"},
        "outsidetextfont": {"color": "var(--text-soft)"},
        "hovertext": [_bar_text(bar) for bar in bars],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [bar.href for bar in bars],
        "marker": {"color": [f"var(--category-{bar.colour})" for bar in bars]},
    }
    return _rows_figure([trace], [bar.name for bar in bars], axis(f"Time in the session ({unit})", rangemode="tozero"))


def _bar_text(bar: LabelBar) -> str:
    category = f" · {plain(bar.category)}" if bar.category else ""
    return f"{plain(bar.name, 80)}{category}<br>{duration(bar.end - bar.start)} from +{duration(bar.start)}"


@dataclass(frozen=True, slots=True)
class Spread:
    """The durations, in ms, of one label over a flow's sessions; `here` are those of the session looked at."""

    name: str
    colour: int
    values: Sequence[float]
    hrefs: Sequence[str]
    summary: Summary
    here: Sequence[float] = ()


def label_spreads(spreads: Sequence[Spread]) -> FigureJson:
    """A row a label: every session's duration as a dot, the middle half as a bar, the median as a line."""
    scale, unit = readable_scale([spread.summary.most for spread in spreads], "ms")
    traces = [_middle_halves(spreads, scale), _dots(spreads, scale, unit), _medians(spreads, scale, unit)]
    if any(spread.here for spread in spreads):
        traces.append(_here(spreads, scale, unit))
    x_axis = axis(f"Duration ({unit})", rangemode="tozero")
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left"}
    return _rows_figure(traces, [spread.name for spread in spreads], x_axis, top=28, showlegend=True, legend=legend)


def _middle_halves(spreads: Sequence[Spread], scale: float) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": "middle half (IQR)",
        "base": [spread.summary.q1 * scale for spread in spreads],
        "x": [spread.summary.iqr * scale for spread in spreads],
        "y": list(range(len(spreads))),
        "marker": {"color": [f"var(--category-{spread.colour})" for spread in spreads]},
        "hoverinfo": "skip",
    }


def _dots(spreads: Sequence[Spread], scale: float, unit: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "a session",
        "x": [value * scale for spread in spreads for value in spread.values],
        # Neighbours are set apart by a fixed pattern, so that equal durations do not hide each other.
        "y": [row + (i % 5 - 2) * 0.11 for row, spread in enumerate(spreads) for i in range(len(spread.values))],
        "customdata": [href for spread in spreads for href in spread.hrefs],
        "hovertemplate": f"%{{x:.4~g}} {unit}<extra></extra>",
        "marker": {"size": 5, "color": "var(--text-soft)", "opacity": 0.65},
    }


def _medians(spreads: Sequence[Spread], scale: float, unit: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "median",
        "x": [spread.summary.median * scale for spread in spreads],
        "y": list(range(len(spreads))),
        "hovertemplate": f"median %{{x:.4~g}} {unit}<extra></extra>",
        "marker": {"symbol": "line-ns", "size": 20, "line": {"width": 2.5, "color": "var(--text)"}},
    }


def _here(spreads: Sequence[Spread], scale: float, unit: str) -> dict[str, Any]:
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


def _rows_figure(
    traces: Sequence[dict[str, Any]], names: Sequence[str], x_axis: dict[str, Any], top: int = 8, **layout: Any
) -> FigureJson:
    """A figure whose rows carry names, the first one on top. Rows are numbers: equal names stay apart."""
    y_axis = {
        **axis(),
        "tickvals": list(range(len(names))),
        "ticktext": [plain(name, 28) for name in names],
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


@dataclass(frozen=True, slots=True)
class SeriesCurve:
    """A time series to draw: x of the curve in ms of the session."""

    key: str
    name: str
    unit: str
    curve: Curve


def series(curves: Sequence[SeriesCurve], first_ms: float, last_ms: float) -> FigureJson:
    """A plot a unit above one time axis, in seconds, from `first_ms` to `last_ms`.

    Regular series are lines with a break at each gap; irregular ones are steps, since their last value holds.
    """
    units = list(dict.fromkeys(item.unit for item in curves))
    axes = {f"yaxis{_axis_number(row)}": _unit_axis(unit, row, len(units)) for row, unit in enumerate(units)}
    traces = [_series_trace(item, index, units.index(item.unit)) for index, item in enumerate(curves)]
    x_axis = axis(
        "Time in the session (s)",
        anchor=f"y{_axis_number(len(units) - 1)}",
        range=[first_ms / 1000, last_ms / 1000],
        showspikes=True,
        spikemode="across",
        spikethickness=1,
        spikedash="solid",
        spikecolor="var(--text-faint)",
        spikesnap="cursor",
    )
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left"}
    margin = {"l": 72, "r": 16, "t": 36, "b": 44}
    height = 100 + max(2, len(units)) * 130
    return figure(
        traces,
        height,
        xaxis=x_axis,
        margin=margin,
        legend=legend,
        showlegend=True,
        hovermode="x",
        hoversubplots="axis",
        **axes,
    )


def _axis_number(row: int) -> str:
    return str(row + 1) if row else ""


def _unit_axis(unit: str, row: int, rows: int) -> dict[str, Any]:
    gap = 0.1 / rows if row else 0.0
    domain = [1 - (row + 1) / rows, 1 - row / rows - gap]
    return axis(plain(unit) or "no unit", domain=domain, anchor="x", fixedrange=True)


def _series_trace(item: SeriesCurve, index: int, row: int) -> dict[str, Any]:
    line = {"width": 1.4, "color": colour(index % COLOURS + 1), "dash": DASHES[index // COLOURS % len(DASHES)]}
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(item.curve.x) <= 60 else "lines",
        "name": plain(item.name),
        "meta": item.key,
        # Plotly encodes arrays of numbers, but passes empty ones on as they are, which are not JSON.
        "x": item.curve.x / 1000 if len(item.curve.x) else [],
        "y": item.curve.y if len(item.curve.y) else [],
        "yaxis": f"y{_axis_number(row)}",
        "line": {**line, "shape": "linear" if item.curve.regular else "hv"},
        "marker": {"size": 4},
        "connectgaps": False,
        "hovertemplate": f"%{{y:.6~g}} {plain(item.unit)}",
    }
