"""Chosen time series above one time axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from replica.figures.base import LEGEND, Json, axis, colour, figure, plain_text
from replica.series.downsampling import Curve
from statetrace_ui.web.timeline import COLOURS

DASHES = ("solid", "dot", "dash", "dashdot")  # tell series apart that share a colour
MOST_SHADES = 40
LETTERS = 110  # on a line of the plot beside the list of series, in a window of 1280 pixels
LEAST_LETTERS = 4  # of a name that is cut
MARKED_POINTS = 60  # a curve of no more points shows each of them


@dataclass(frozen=True, slots=True)
class SeriesCurve:
    """A time series to draw: x of the curve in ms of the session."""

    key: str
    name: str
    unit: str
    curve: Curve


@dataclass(frozen=True, slots=True)
class Shade:
    """A label's stretch of time behind the curves, in ms of the session; `colour` is its category's."""

    name: str
    colour: int
    start: float
    end: float


def series_figure(curves: Sequence[SeriesCurve], first_ms: float, last_ms: float, shades: Sequence[Shade] = ()) -> Json:
    """A plot for each unit above one time axis, in seconds, from `first_ms` to `last_ms`, before the shades.

    Regular series are lines with a break at each gap; irregular ones are steps, since their last value holds.
    """
    units = list(dict.fromkeys(item.unit for item in curves))
    axes = {f"yaxis{_axis_number(row)}": _unit_axis(unit, row, len(units)) for row, unit in enumerate(units)}
    traces = [_series_trace(item, index, units.index(item.unit)) for index, item in enumerate(curves)]
    return figure(
        traces,
        100 + max(2, len(units)) * 130,
        xaxis=_time_axis(first_ms, last_ms, len(units)),
        margin={"l": 72, "r": 16, "t": 36, "b": 44},
        legend=LEGEND,
        showlegend=True,
        hovermode="x",
        hoversubplots="axis",
        shapes=_shapes(shades, first_ms, last_ms),
        **axes,
    )


def _shapes(shades: Sequence[Shade], first_ms: float, last_ms: float) -> list[Json]:
    """The longest shades in sight, in order of time; those are named whose names have room beside the names before."""
    seen = [(max(shade.start, first_ms), min(shade.end, last_ms), shade) for shade in shades]
    seen = sorted((part for part in seen if part[0] < part[1]), key=lambda part: part[0] - part[1])[:MOST_SHADES]
    letter = (last_ms - first_ms) / LETTERS
    shapes, free = [], first_ms
    for start, end, shade in sorted(seen, key=lambda part: (part[0], -part[1])):
        name = plain_text(shade.name, max(1, int((end - start) / letter)))
        named = start >= free and len(name) >= min(LEAST_LETTERS, len(shade.name))
        free = start + len(name) * letter if named else free
        shapes.append(_shape(start, end, shade, name if named else ""))
    return shapes


def _shape(start: float, end: float, shade: Shade, name: str) -> Json:
    shape = {
        "type": "rect",
        "layer": "below",
        "xref": "x",
        "x0": start / 1000,
        "x1": end / 1000,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "fillcolor": f"var(--category-{shade.colour})",
        "opacity": 0.3,
        "line": {"width": 0},
    }
    if not name:
        return shape
    return {**shape, "label": {"text": name, "textposition": "top left", "font": {"size": 11, "color": "var(--text)"}}}


def _time_axis(first_ms: float, last_ms: float, plots: int) -> Json:
    return axis(
        "Time in the session (s)",
        anchor=f"y{_axis_number(plots - 1)}",
        range=[first_ms / 1000, last_ms / 1000],
        showspikes=True,
        spikemode="across",
        spikethickness=1,
        spikedash="solid",
        spikecolor="var(--text-faint)",
        spikesnap="cursor",
    )


def _axis_number(row: int) -> str:
    return str(row + 1) if row else ""


def _unit_axis(unit: str, row: int, rows: int) -> Json:
    gap = 0.1 / rows if row else 0.0
    domain = [1 - (row + 1) / rows, 1 - row / rows - gap]
    return axis(plain_text(unit) or "no unit", domain=domain, anchor="x", fixedrange=True)


def _series_trace(item: SeriesCurve, index: int, row: int) -> Json:
    line = {"width": 1.4, "color": colour(index % COLOURS + 1), "dash": DASHES[index // COLOURS % len(DASHES)]}
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(item.curve.x) <= MARKED_POINTS else "lines",
        "name": plain_text(item.name),
        "meta": item.key,
        # Plotly encodes arrays of numbers, but passes empty ones on as they are, which are not JSON.
        "x": item.curve.x / 1000 if len(item.curve.x) else [],
        "y": item.curve.y.astype(np.float32) if len(item.curve.y) else [],  # as much as a screen can show
        "yaxis": f"y{_axis_number(row)}",
        "line": {**line, "shape": "linear" if item.curve.regular else "hv"},
        "marker": {"size": 4},
        "connectgaps": False,
        "hovertemplate": f"%{{y:.6~g}} {plain_text(item.unit)}",
    }
