"""Keyset paging of lists: `limit` and an opaque `cursor`; the answer's `next_cursor` is null at the end."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from ninja import Query

from statetrace_ui.api.json_bodies import storable
from statetrace_ui.web import paging
from statetrace_ui.web.errors import UserError

MOST, USUAL = 1_000, 100
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many, at most.")]
Cursor = Annotated[str, Query(max_length=2_000, description="The `next_cursor` of the answer before.")]


def after(cursor: str, *kinds: type) -> list[Any] | None:
    """The last key of the page before, of values of these kinds; None for the first page. Raises UserError (400)."""
    if not cursor:
        return None
    values = paging.decode(cursor, len(kinds))
    if not all(isinstance(value, kind) and _sound(value) for value, kind in zip(values, kinds, strict=True)):
        raise UserError("This cursor was cut short or changed.", "Begin with the first page.")
    return values


def following(rows: list[dict[str, Any]], limit: int, keys: Sequence[str]) -> tuple[list[dict[str, Any]], str | None]:
    """The page, of rows of which one more was read than are shown, and the cursor of the next one."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], paging.encode([rows[limit - 1][key] for key in keys])


def _sound(value: Any) -> bool:
    if isinstance(value, str):
        return storable(value)
    return not isinstance(value, datetime) or (value.tzinfo is not None and 1 < value.astimezone(UTC).year < 9999)
