"""What the queries share: one row by its key, how many rows a page reads, and values that stand in for NULL."""

import math
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db.models import Q

from replica.schema.models import ReplicaModel
from statetrace_ui.web.errors import UserError

M = TypeVar("M", bound=ReplicaModel)
SPAN_LIMIT = 20_000  # rows of one kind that a page reads of a session; templates/replica/cut.html says so
LARGEST_INTEGER = 2**63 - 1
FIRST_MOMENT, LAST_MOMENT = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)


def one_or_404(model: type[M], alias: str, noun: str, wanted: Q | None = None, **key: str | int) -> M:
    """The `wanted` row with that key; `noun` says in the 404 what it would be. An empty text also finds NULL."""
    row: M | None = None
    if all(map(_storable, key.values())):
        rows = model.objects.using(alias).filter(wanted or Q(), *(_is(name, value) for name, value in key.items()))
        row = rows.first()
    if row is None:
        raise UserError(f"There is no such {noun} in your replica.", "Look for it under User flows.", status=404)
    return row


def _storable(value: str | int) -> bool:
    """Whether a column could hold the value: PostgreSQL's text has no NUL, and its integers end at 2⁶³ − 1."""
    return "\0" not in value if isinstance(value, str) else abs(value) <= LARGEST_INTEGER


def _is(name: str, value: str | int) -> Q:
    return Q(**{name: value}) if value != "" else Q(**{name: ""}) | Q(**{f"{name}__isnull": True})


def finite_time(name: str) -> Q:
    """Whether a timestamp is there and a moment that Python knows: PostgreSQL also has `infinity` and year 12000."""
    return Q(**{f"{name}__gt": FIRST_MOMENT, f"{name}__lt": LAST_MOMENT})


def finite(name: str) -> Q:
    """Whether a number is there and neither NaN nor infinite. PostgreSQL counts NaN as greater than all numbers."""
    return Q(**{f"{name}__gt": -math.inf, f"{name}__lt": math.inf})


def moment_at(origin: datetime, ms: float) -> datetime:
    """The moment so many ms after a session's start; the first or last one that there is where that lies beyond."""
    try:
        return origin + timedelta(milliseconds=ms)
    except OverflowError:
        return FIRST_MOMENT if ms < 0 else LAST_MOMENT


def with_fallbacks(row: M, **columns: str) -> M:
    """The row with its gaps filled: each named column takes the value of the column given for it, for NULL and NaN."""
    for name, fallback in columns.items():
        value = getattr(row, name)
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            setattr(row, name, getattr(row, fallback))
    return row
