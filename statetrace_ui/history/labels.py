"""Which column names the rows of a table: the one that somebody chose, else a guess by names and types. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Columns = Sequence[Mapping[str, Any]]  # as `Relation.columns` has them
TEXT = re.compile(r"(text|citext|name|character( varying)?(\(\d+\))?)")
# The better a word names a row, the earlier it stands. A column's last word counts: `order_number` is a number.
WORDS = ("name", "title", "subject", "number", "code", "sku", "reference", "label", "username", "email", "slug")
# Names of something else than the row, or of a part of it.
PARTIAL = re.compile(r"(first|last|middle|given|family|file|path|host|domain|type|class|model|app|table)_name")


def label_column(columns: Columns, chosen: str | None = None) -> str:
    """The column whose value stands beside the keys of rows of this shape; '' for none.

    chosen: the column that somebody chose, '' for none at all; None where nobody chose. A choice holds for shapes that
    have the column in clear.
    """
    fit = can_label(columns)
    if chosen is not None and (not chosen or chosen in fit):
        return chosen
    return min((name for name in fit if _rank(name) is not None), key=lambda name: _rank(name) or (), default="")


def can_label(columns: Columns) -> list[str]:
    """The columns that may name a row: of a text type, stored in clear, and not part of the key, which is there."""
    return [
        column["name"]
        for column in columns
        if not column.get("key") and not column.get("rule") and TEXT.fullmatch(column["type"])
    ]


def _rank(name: str) -> tuple[int, int] | None:
    """(how much is beside the word, place of the word): the lower, the better; None for a column that names nothing."""
    words = re.sub(r"e[-_]?mail(_?address)?", "email", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()).split("_")
    if words[-1] not in WORDS or PARTIAL.fullmatch("_".join(words)):
        return None
    return min(len(words) - 1, 1), WORDS.index(words[-1])
