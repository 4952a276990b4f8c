"""Two groups of sessions beside each other: dots of a value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

# Of a strip of dots, in pixels: templates/replica/compare.html draws it.
WIDTH, EDGE = 200, 5
MOST_DOTS = 20  # of a side, that are drawn one by one


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
