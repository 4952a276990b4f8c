"""Values of rows as pages read them: whole if they are short, else their beginning, length and digest. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a long value. length: of the whole value, in characters. sha256: of its UTF-8, in hex.

    Two excerpts are equal when the whole values are, wherever they differ. cut_from: of a value that was too large to
    be stored, its size at the source in bytes; `length` is that of the stored beginning, `sha256` that of all of it.
    """

    start: str
    length: int
    sha256: str
    cut_from: int = 0

    def __str__(self) -> str:
        return self.start


Value = str | Excerpt | None
Values = Mapping[str, Value]


def read_values(excerpts: Mapping[str, Any] | None, cut: Mapping[str, Any] | None = None) -> Values | None:
    """The values of a row as `queries.excerpts` selects them; None if there was no row, or it was too large to read.

    cut: the marks of the row in `Change.cut`.
    """
    if excerpts is None:
        return None
    marks = cut or {}
    return {name: _value(value, marks.get(name)) for name, value in excerpts.items()}


def _value(value: Any, mark: Mapping[str, Any] | None) -> Value:
    excerpt = Excerpt(**value) if isinstance(value, dict) else None
    if mark is None or value is None:
        return excerpt or value
    start, length = (excerpt.start, excerpt.length) if excerpt else (value, len(value))
    return Excerpt(start, length, mark["sha256"], mark["bytes"])
