"""Keyset paging: a page is fetched by the key of its neighbour's last row, so it costs the same at any depth."""

import base64
import binascii
import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import Q

from statetrace_ui.web.errors import UserError

M = TypeVar("M", bound=models.Model)
PAGE_SIZE = 50


@dataclass(frozen=True)
class Page(Generic[M]):
    rows: list[M]
    older: str | None  # cursor of the next page, or None at the end

    def __bool__(self) -> bool:
        return bool(self.rows)


def newest_first(rows: models.QuerySet[M], keys: tuple[str, ...], cursor: str = "", size: int = PAGE_SIZE) -> Page[M]:
    """The `size` rows after `cursor`, ordered descending by `keys`, the last of which must be unique."""
    ordered = rows.order_by(*(f"-{key}" for key in keys))
    if cursor:
        ordered = ordered.filter(_before(keys, decode(cursor, len(keys))))
    found = list(ordered[: size + 1])
    more = len(found) > size
    return Page(found[:size], encode([getattr(found[size - 1], key) for key in keys]) if more else None)


def _before(keys: tuple[str, ...], values: list[Any]) -> Q:
    """(a, b) < (x, y) written as a <= x AND (a < x OR b < y): the first part is what the index is entered by."""
    condition = Q(**{f"{keys[-1]}__lt": values[-1]})
    for key, value in reversed(list(zip(keys[:-1], values[:-1], strict=True))):
        condition = Q(**{f"{key}__lte": value}) & (Q(**{f"{key}__lt": value}) | condition)
    return condition


def encode(values: list[Any]) -> str:
    plain = [{"at": value.isoformat()} if isinstance(value, dt.datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode(cursor: str, length: int) -> list[Any]:
    """The values that `encode` was given; anything else is an address that was cut or changed: 400."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [dt.datetime.fromisoformat(v["at"]) if isinstance(v, dict) else v for v in plain]
    except (ValueError, binascii.Error, KeyError, TypeError):
        values = []
    if len(values) != length or not all(isinstance(v, str | int | float | dt.datetime) for v in values):
        raise UserError("This page's address was cut short or changed.", "Go back to the first page of the list.")
    return values
