"""What the queries share: one row by its key, how many rows a page reads, and values that stand in for NULL."""

from typing import TypeVar

from replica.schema.models import ReplicaModel
from statetrace_ui.web.errors import UserError

M = TypeVar("M", bound=ReplicaModel)
SPAN_LIMIT = 20_000  # rows of one kind that a page reads of a session; templates/replica/cut.html says so
LARGEST_INTEGER = 2**63 - 1


def one_or_404(model: type[M], alias: str, noun: str, **key: str | int | bool) -> M:
    """The row with that key; `noun` says in the 404 what it would be."""
    row: M | None = model.objects.using(alias).filter(**key).first() if all(map(_storable, key.values())) else None
    if row is None:
        raise UserError(f"There is no such {noun} in your replica.", "Look for it under User flows.", status=404)
    return row


def _storable(value: str | int) -> bool:
    """Whether a column could hold the value: PostgreSQL's text has no NUL, and its integers end at 2⁶³ − 1."""
    return "\0" not in value if isinstance(value, str) else value <= LARGEST_INTEGER


def with_fallbacks(row: M, **columns: str) -> M:
    """The row with its NULLs filled: each named column takes the value of the column given for it."""
    for name, fallback in columns.items():
        if getattr(row, name) is None:
            setattr(row, name, getattr(row, fallback))
    return row
