"""Values of rows as pages read them: whole if they are short, else their beginning, length and digest. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a long value. length: of the whole value, in characters. sha256: of its UTF-8, in hex.

    Two excerpts are equal when the whole values are, wherever they differ.
    """

    start: str
    length: int
    sha256: str

    def __str__(self) -> str:
        return self.start


Value = str | Excerpt | None
Values = Mapping[str, Value]


def read_values(excerpts: Mapping[str, Any] | None) -> Values | None:
    """The values of a row as `queries.excerpts` selects them; None if there was no row, or it was too large to read."""
    if excerpts is None:
        return None
    return {name: Excerpt(**value) if isinstance(value, dict) else value for name, value in excerpts.items()}
