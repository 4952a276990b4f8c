"""Rows of a query as a chart: numbers over time, over a number, or as bars beside texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from replica.figures.base import LEGEND, Json, axis, colour, figure, plain_text

MOST_TRACES = 4
MOST_BARS = 60
HEIGHT = 260
TIMES = ("timestamp", "timestamptz", "date")


@dataclass(frozen=True, slots=True)
class RowsColumn:
    """A column with its values as PostgreSQL's texts, None for NULL."""

    name: str
    type: str
    is_number: bool
    values: Sequence[str | None]

    @property
    def is_id(self) -> bool:
        """Numbers that name something are no measure."""
        return self.name == "id" or self.name.endswith("_id")


def rows_figure(columns: Sequence[RowsColumn]) -> Json | None:
    """None where there is nothing to draw: fewer than two rows, or no column of numbers beside the axis."""
    across = _across(columns)
    drawn = [one for one in columns if one.is_number and not one.is_id and one is not across][:MOST_TRACES]
    if across is None or not drawn or len(across.values) < 2:
        return None
    is_bars = not (across.is_number or across.type in TIMES)
    traces = [_trace(across, one, number, is_bars) for number, one in enumerate(drawn, 1)]
    x_axis = _names(across) if is_bars else axis(plain_text(across.name), type="-" if across.is_number else "date")
    y_axis = axis(plain_text(drawn[0].name) if len(drawn) == 1 else "", rangemode="tozero" if is_bars else "normal")
    return figure(traces, HEIGHT, xaxis=x_axis, yaxis=y_axis, showlegend=len(drawn) > 1, legend=LEGEND)


def _across(columns: Sequence[RowsColumn]) -> RowsColumn | None:
    """What lies along the axis: the first time; else the first number, if there is another; else the first text."""
    numbers = [one for one in columns if one.is_number and not one.is_id]
    times = [one for one in columns if one.type in TIMES]
    texts = [one for one in columns if not one.is_number]
    return next(iter([*times, *(numbers if len(numbers) > 1 and not texts else texts), *numbers]), None)


def _trace(across: RowsColumn, one: RowsColumn, number: int, is_bars: bool) -> Json:
    y = [_number(value) for value in one.values]
    common = {"name": plain_text(one.name), "marker": {"color": colour(number)}}
    if is_bars:
        return {"type": "bar", "x": list(range(len(y)))[:MOST_BARS], "y": y[:MOST_BARS], **common}
    x = [_number(value) for value in across.values] if across.is_number else list(across.values)
    return {"type": "scatter", "mode": "lines" if _ascends(x) else "markers", "x": x, "y": y, **common}


def _ascends(x: Sequence[float | str | None]) -> bool:
    """A line between points in any other order would say something that is not so."""
    return all(a is not None and b is not None and a <= b for a, b in pairwise(x))  # type: ignore[operator]


def _number(value: str | None) -> float | None:
    number = float(value) if value is not None else float("nan")
    return number if abs(number) < float("inf") else None  # NaN is not less


def _names(across: RowsColumn) -> Json:
    names = [plain_text(value or "–", 16) for value in across.values[:MOST_BARS]]
    return axis(tickvals=list(range(len(names))), ticktext=names)
