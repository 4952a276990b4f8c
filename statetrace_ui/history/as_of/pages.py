"""Rows of a table as of a moment, by their keys. The work is that of a page, whatever the history holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from statetrace_ui.history.as_of.folding import Row
from statetrace_ui.history.as_of.lookups import Latest, keys_after, latest
from statetrace_ui.history.as_of.tables import TableAt
from statetrace_ui.history.as_of.walks import Walk, columns_of, complete, plain, row_of
from statetrace_ui.history.models import Change
from statetrace_ui.web.paging import PAGE_SIZE, decode, encode

AT_ONCE = PAGE_SIZE + 10  # keys that are looked up at once; some are of rows that were gone, or not there yet
MOST_KEYS = 600  # that are looked at for a page


@dataclass(frozen=True, slots=True)
class RowAt:
    """A row of the table. columns: as `Relation.columns` has them; last: the row's newest change."""

    key: str
    columns: Sequence[dict[str, Any]]
    row: Row
    last: Change


@dataclass(frozen=True)
class RowsAt:
    """older: the cursor of the next page. examined: how many keys were looked at, if the page is not full for that."""

    rows: list[RowAt]
    older: str | None
    examined: int = 0


def rows_at(table: TableAt, *, prefix: str = "", key: str = "", cursor: str = "", size: int = PAGE_SIZE) -> RowsAt:
    """The rows in the order of their keys, as texts. prefix: of keys as they are stored; key: one key alone."""
    if table.ignorance:
        return RowsAt([], None)
    if key:
        return RowsAt(rows_of(table, _alive(table, [key])), None)
    alive: dict[str, Latest] = {}
    after, examined, more = _after(cursor), 0, True
    while more and len(alive) <= size and examined < MOST_KEYS:
        keys = keys_after(*table.ids, after, prefix, (table.since + 1, table.moment.until), AT_ONCE)
        more = len(keys) == AT_ONCE
        examined += len(keys)
        after = keys[-1] if keys else after
        alive |= _alive(table, [one for one in keys if one.startswith(prefix)])
    shown = dict(list(alive.items())[:size])
    if len(alive) > size:
        return RowsAt(rows_of(table, shown), encode([list(shown)[-1]]))
    return RowsAt(rows_of(table, shown), encode([after]) if more else None, examined if more else 0)


def _alive(table: TableAt, keys: Sequence[str]) -> dict[str, Latest]:
    """The newest changes of the keys under which there was a row, in the order of `keys`."""
    found = latest(*table.ids, keys, table.since, table.moment.until)
    return {key: found[key] for key in keys if key in found and found[key].is_alive}


def _after(cursor: str) -> str:
    """The key after which the page begins. Raises UserError for a cursor that was cut or changed."""
    return str(decode(cursor, 1)[0]) if cursor else ""


def rows_of(table: TableAt, alive: dict[str, Latest]) -> list[RowAt]:
    places = [(table.table.source_id, one.own, one.baseline) for one in alive.values() if one.own is not None]
    last = {change.pk: change for change in plain(table, places)}
    walks = [Walk.of(last[one.own]) for one in alive.values() if one.own in last]
    complete(table, walks, plain)
    return [
        RowAt(walk.changes[0].record_key, columns_of(table, walk), row_of(table, walk), walk.changes[0])
        for walk in walks
    ]
