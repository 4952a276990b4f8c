"""Keyset paging: a page begins after the last key of the page before it, so every page costs the same."""

import base64
import binascii
import datetime as dt
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import Q

from statetrace_ui.web.errors import UserError

M = TypeVar("M", bound=models.Model)
PAGE_SIZE = 50
HIGHEST_ID = (1 << 63) - 1


@dataclass(frozen=True)
class Page(Generic[M]):
    rows: list[M]
    older: str | None  # the cursor of the next page; None at the end

    def __bool__(self) -> bool:
        return bool(self.rows)


def newest_first(rows: models.QuerySet[M], keys: tuple[str, ...], cursor: str = "", size: int = PAGE_SIZE) -> Page[M]:
    """The `size` rows after `cursor`, ordered descending by `keys`, the last of which must be unique."""
    return _page(_after(rows, keys, "-", cursor), keys, size)


def oldest_first(rows: models.QuerySet[M], keys: tuple[str, ...], cursor: str = "", size: int = PAGE_SIZE) -> Page[M]:
    """As `newest_first`, ascending: `older` is then the cursor of what came later."""
    return _page(_after(rows, keys, "", cursor), keys, size)


def newest_merged(
    rows: models.QuerySet[M],
    ranges: Sequence[models.QuerySet[M]],
    keys: tuple[str, ...],
    cursor: str = "",
    size: int = PAGE_SIZE,
) -> Page[M]:
    """As `newest_first` over the union of `ranges`; each must be one range of an index in the order of `keys`.

    rows: the query that then fetches the rows found, with its joins. The last key must be the primary key.
    """
    parts = [
        _after(part, keys, "-", cursor).values_list(*keys)[: size + 1] for part in ranges if not part.query.is_empty()
    ]
    if not parts:
        if cursor:
            _cursor_values(rows.model, keys, cursor)  # refused as beside rows
        return Page([], None)
    order = [f"-{key}" for key in keys]
    merged = parts[0].union(*parts[1:]).order_by(*order)[: size + 1] if len(parts) > 1 else parts[0]
    found = list(merged)
    by_key = rows.in_bulk([values[-1] for values in found[:size]])
    older = encode(list(found[size - 1])) if len(found) > size else None
    return Page([by_key[values[-1]] for values in found[:size]], older)


def id_of(cursor: str) -> int | None:
    """The id after which a page begins whose only key is the id; None for the first page."""
    if not cursor:
        return None
    [value] = decode(cursor, 1)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _broken_cursor()
    return max(0, min(value, HIGHEST_ID))


def _after(rows: models.QuerySet[M], keys: tuple[str, ...], sign: str, cursor: str) -> models.QuerySet[M]:
    ordered = rows.order_by(*(f"{sign}{key}" for key in keys))
    if not cursor:
        return ordered
    return ordered.filter(_beyond(keys, _cursor_values(rows.model, keys, cursor), "lt" if sign else "gt"))


def _cursor_values(model: type[M], keys: tuple[str, ...], cursor: str) -> list[Any]:
    """The cursor's values. Raises UserError if one is not of its field's type, since the query would fail."""
    values = decode(cursor, len(keys))
    for key, value in zip(keys, values, strict=True):
        if not _fits(model._meta.get_field(key), value):
            raise _broken_cursor()
    return values


def _fits(field: Any, value: Any) -> bool:
    if isinstance(field, models.DateTimeField):
        # A zone's offset must not lead out of the calendar.
        return isinstance(value, dt.datetime) and value.tzinfo is not None and 1 < value.year < 9999
    if isinstance(field, models.IntegerField):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(field, models.FloatField):
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, str) and _storable(value)


def _storable(text: str) -> bool:
    """PostgreSQL's text holds neither a NUL nor half of a surrogate pair, which JSON can spell."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _page(ordered: models.QuerySet[M], keys: tuple[str, ...], size: int) -> Page[M]:
    found = list(ordered[: size + 1])
    more = len(found) > size
    return Page(found[:size], encode([getattr(found[size - 1], key) for key in keys]) if more else None)


def _beyond(keys: tuple[str, ...], values: list[Any], side: str) -> Q:
    """(a, b) < (x, y), written as a <= x AND (a < x OR b < y): the index is entered by the first part."""
    condition = Q(**{f"{keys[-1]}__{side}": values[-1]})
    for key, value in reversed(list(zip(keys[:-1], values[:-1], strict=True))):
        condition = Q(**{f"{key}__{side}e": value}) & (Q(**{f"{key}__{side}": value}) | condition)
    return condition


def encode(values: list[Any]) -> str:
    encodable = [{"at": value.isoformat()} if isinstance(value, dt.datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(encodable).encode()).decode().rstrip("=")


def decode(cursor: str, length: int) -> list[Any]:
    """The values that `encode` was given. Raises UserError (400) for an address that was cut or changed."""
    try:
        decoded = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [dt.datetime.fromisoformat(v["at"]) if isinstance(v, dict) else v for v in decoded]
    except (ValueError, binascii.Error, KeyError, TypeError):
        values = []
    if len(values) != length or not all(isinstance(v, str | int | float | dt.datetime) for v in values):
        raise _broken_cursor()
    return values


def values_of(cursor: str, kinds: Sequence[type[Any]]) -> list[Any]:
    """The same for values of these types. Raises UserError (400) for others, and for text that no column holds."""
    values = decode(cursor, len(kinds))
    for value, kind in zip(values, kinds, strict=True):
        if type(value) is not kind or (kind is str and not _storable(value)):
            raise _broken_cursor()
    return values


def _broken_cursor() -> UserError:
    return UserError("This page's address was cut short or changed.", "Go back to the first page of the list.")
