"""Two groups of sessions beside each other: dots of a value, and the labels of two sessions on one axis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from replica.compare.alignment import Span, Step
from replica.figures.base import Json, axis, figure, plain_text, readable_scale
from statetrace_ui.web.quantities import duration
from statetrace_ui.web.timeline import colour_of

# Of a strip of dots, in pixels: templates/replica/compare.html draws it.
WIDTH, EDGE = 200, 5
MOST_DOTS = 20  # of a side, that are drawn one by one
SIDES = ("base", "new")
LETTERS, LEAST_LETTERS = 125, 4  # that a whole line of a chart has room for, and of which a cut name is still one


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one side: dots that say what they are, or, where these would be many, one path of them all."""

    dots: Sequence[Dot]
    path: str
    median: float | None


@dataclass(frozen=True, slots=True)
class Strip:
    base: Row
    new: Row


def strip(base: Sequence[tuple[float, str]], new: Sequence[tuple[float, str]], from_zero: bool) -> Strip:
    """Values with what is said of each; the line begins at zero, or at the least value."""
    values = [value for value, _ in (*base, *new)]
    least = min([*values, *([0.0] if from_zero else [])], default=0.0)
    extent = max(values, default=0.0) - least

    def x_of(value: float) -> float:
        return round(EDGE + (WIDTH - 2 * EDGE) * (value - least) / extent, 1) if extent else WIDTH / 2

    return Strip(_row(base, x_of), _row(new, x_of))


def _row(values: Sequence[tuple[float, str]], x_of: Callable[[float], float]) -> Row:
    if not values:
        return Row([], "", None)
    middle = x_of(median(value for value, _ in values))
    if len(values) <= MOST_DOTS:
        return Row([Dot(x_of(value), title) for value, title in values], "", middle)
    places = sorted({x_of(value) for value, _ in values})
    return Row([], "".join(f"M{x} 8h0" for x in places), middle)


Address = Callable[[str, Span], str]  # of a side and a span


def two_timelines(steps: Sequence[Step], recorded: Sequence[Step], address: Address) -> Json:
    """The labels of both sessions under each other. recorded: the same steps where they were, for their addresses."""
    end = max(span[1] for step in steps for span in (step.base, step.new) if span)
    traces = [_bars(side, row, steps, recorded, end, address) for row, side in enumerate(SIDES)]
    y_axis = {
        **axis(),
        "tickvals": [0, 1],
        "ticktext": ["Base", "New"],
        "range": [1.5, -0.5],
        "fixedrange": True,
        "showgrid": False,
    }
    return figure(
        traces,
        160,
        xaxis=axis(f"Time ({readable_scale([end], 'ms')[1]})", rangemode="tozero"),
        yaxis=y_axis,
        margin={"l": 48, "r": 16, "t": 8, "b": 44},
        bargap=0.3,
        barmode="overlay",
        hovermode="closest",
    )


def _bars(side: str, row: int, steps: Sequence[Step], recorded: Sequence[Step], end: float, address: Address) -> Json:
    scale, _ = readable_scale([end], "ms")
    there = [(step, span_of(step, side), span_of(at, side)) for step, at in zip(steps, recorded, strict=True)]
    shown = [(step, span, at) for step, span, at in there if span and at]
    return {
        "type": "bar",
        "orientation": "h",
        "name": side,
        "base": [span[0] * scale for _, span, _ in shown],
        "x": [(span[1] - span[0]) * scale for _, span, _ in shown],
        "y": [row] * len(shown),
        "text": [_text(step.name, (span[1] - span[0]) / end) for step, span, _ in shown],
        "textposition": "inside",
        "insidetextanchor": "start",
        "textangle": 0,
        "textfont": {"color": "var(--on-category)"},
        "hovertext": [f"{plain_text(step.name, 80)}<br>{duration(span[1] - span[0])}" for step, span, _ in shown],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [address(side, at) for _, _, at in shown],
        "marker": {
            "color": [f"var(--category-{colour_of(step.category)})" for step, _, _ in shown],
            "line": {"width": 1, "color": "var(--surface)"},
        },
    }


def _text(name: str, share: float) -> str:
    """As much of the name as a bar of that share of the axis has room for; Plotly would print the whole tiny."""
    letters = int(share * LETTERS)
    return plain_text(name, letters) if letters >= LEAST_LETTERS else ""


def span_of(step: Step, side: str) -> Span | None:
    return step.base if side == "base" else step.new
