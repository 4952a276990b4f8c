"""Chosen time series above one time axis."""

from collections.abc import Sequence
from dataclasses import dataclass

from replica.figures.base import LEGEND, Json, axis, colour, figure, plain_text
from replica.series.downsampling import Curve
from statetrace_ui.web.timeline import COLOURS

DASHES = ("solid", "dot", "dash", "dashdot")  # tell series apart that share a colour
MARKED_POINTS = 60  # a curve of no more points shows each of them


@dataclass(frozen=True, slots=True)
class SeriesCurve:
    """A time series to draw: x of the curve in ms of the session."""

    key: str
    name: str
    unit: str
    curve: Curve


def series_figure(curves: Sequence[SeriesCurve], first_ms: float, last_ms: float) -> Json:
    """A plot for each unit above one time axis, in seconds, from `first_ms` to `last_ms`.

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
        **axes,
    )


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
        "y": item.curve.y if len(item.curve.y) else [],
        "yaxis": f"y{_axis_number(row)}",
        "line": {**line, "shape": "linear" if item.curve.regular else "hv"},
        "marker": {"size": 4},
        "connectgaps": False,
        "hovertemplate": f"%{{y:.6~g}} {plain_text(item.unit)}",
    }
