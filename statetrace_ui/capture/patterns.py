"""What a rule names: `schema.table.column`, `schema.table`, or patterns with `*` in them. Pure.

A part in double quotes is taken as it is, as in SQL: `public."odd.table".name`. A `*` in quotes stands for itself.
"""

import re
from dataclasses import dataclass

PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')
PLAIN = re.compile(r'[^".*\s]+')
LONGEST = 400  # characters: three names of 63, quoted


class BadPattern(ValueError):
    """The text names no column and no table. The message says what it should look like."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"“{text[:100]}” names no column and no table. Write schema.table.column or schema.table; * stands for"
            ' any letters, and a part with a dot in it stands in quotes: public."odd.table".name.'
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One name, or a pattern of names. literal: `text` is the name itself, and `*` in it means nothing."""

    text: str
    literal: bool = True

    def matches(self, name: str) -> bool:
        if self.literal:
            return self.text == name
        return _matches(self.text.split("*"), name)

    @property
    def letters(self) -> int:
        """How much of a name it fixes."""
        return len(self.text) if self.literal else len(self.text.replace("*", ""))

    def __str__(self) -> str:
        if not self.literal or PLAIN.fullmatch(self.text):
            return self.text
        return '"{}"'.format(self.text.replace('"', '""'))


@dataclass(frozen=True, slots=True)
class Pattern:
    """Columns, or whole tables if `column` is None."""

    schema: Part
    table: Part
    column: Part | None = None

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        """Raises BadPattern."""
        parts, at = [], 0
        while True:
            match = PART.match(text, at)
            if match is None:
                raise BadPattern(text)
            parts.append(_part(*match.groups()))
            at = match.end()
            if at == len(text):
                break
            if text[at] != ".":
                raise BadPattern(text)
            at += 1
        if len(parts) not in (2, 3) or "\0" in text or len(text) > LONGEST:
            raise BadPattern(text)
        return cls(*parts)

    @classmethod
    def of(cls, schema: str, table: str, column: str | None = None) -> "Pattern":
        """The pattern of exactly that table or column."""
        return cls(Part(schema), Part(table), None if column is None else Part(column))

    def matches_table(self, schema: str, table: str) -> bool:
        return self.table.matches(table) and self.schema.matches(schema)

    def matches(self, schema: str, table: str, column: str) -> bool:
        return self.column is not None and self.column.matches(column) and self.matches_table(schema, table)

    @property
    def precision(self) -> tuple[int, ...]:
        """The greater of two patterns that match the same column says more of it, the column's name first."""
        parts = [part for part in (self.column, self.table, self.schema) if part]
        return (*(int(part.literal) for part in parts), *(part.letters for part in parts))

    def __str__(self) -> str:
        return ".".join(str(part) for part in (self.schema, self.table, self.column) if part)


def _matches(pieces: list[str], name: str) -> bool:
    """Whether the name is the pieces in their order, with any letters between them.

    Each piece is taken where it is found first: a regular expression would try all the others, too, and a few stars in
    a row are enough for years of that.
    """
    first, *middle, last = pieces
    at, end = len(first), len(name) - len(last)
    if at > end or not (name.startswith(first) and name.endswith(last)):
        return False
    for piece in middle:
        found = name.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _part(quoted: str | None, plain: str | None) -> Part:
    if quoted is not None:
        return Part(quoted.replace('""', '"'))
    text = (plain or "").strip()
    return Part(text, literal="*" not in text)
