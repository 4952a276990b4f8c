"""What pages show of the rows that refer to a record: a group for each key by which tables refer to it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse

from statetrace_ui.history import queries
from statetrace_ui.history.as_of.pages import RowAt
from statetrace_ui.history.as_of.tables import Ignorance
from statetrace_ui.history.change_rows import table_label
from statetrace_ui.history.record_rows import TableRow, shown_columns, table_rows
from statetrace_ui.history.references.keys import Columns, is_comparable
from statetrace_ui.history.references.referrers import Referrer, rows_of
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.history.values import Value


@dataclass(frozen=True)
class Group:
    """The rows of a table that refer to a record by one key. url: of all of them.

    rows: None as long as nobody looked. older: the cursor to go on with. is_full: whether that is for want of room, not
    of time. cannot: why rows cannot be found at all.
    """

    referrer: Referrer
    url: str
    rows: list[TableRow] | None = None
    older: str | None = None
    is_full: bool = False
    cannot: str = ""

    @property
    def table(self) -> str:
        return table_label(self.referrer.table)

    @property
    def through(self) -> str:
        """The names of the key's columns."""
        return ", ".join(self.referrer.key.columns)

    @property
    def columns(self) -> list[str]:
        """Those of the rows that are shown: without what all of them have in common."""
        return [name for name in shown_columns(self.referrer.at.columns) if name not in self.referrer.key.columns]

    @property
    def ignorance(self) -> Ignorance | None:
        return self.referrer.at.ignorance


def group_of(referrer: Referrer, about: Mapping[str, str]) -> Group:
    """Before anybody looked. about: the record and the moment, as addresses name them."""
    table = referrer.table
    by = {"by": qualified_name(table.schema_name, table.table_name), "columns": ", ".join(referrer.key.columns)}
    url = f"{reverse('history:record_references', args=[table.source_id])}?{urlencode({**about, **by})}"
    return Group(referrer, url)


def looked_up(groups: Sequence[Group], record: RowAt, *, size: int, seconds: float, cursor: str = "") -> list[Group]:
    """The groups with their rows. seconds: for all of them; those that are not reached in time stay as they are."""
    stop, found = time.monotonic() + seconds, []
    for place, group in enumerate(groups):
        left = stop - time.monotonic()
        part = left / (len(groups) - place)
        found.append(_looked_up(group, record, size, part, cursor) if left > 0 else group)
    return found


def _looked_up(group: Group, record: RowAt, size: int, seconds: float, cursor: str) -> Group:
    referrer = group.referrer
    if group.ignorance or not referrer.at.columns:  # nothing is known of its rows, or there never was one
        return replace(group, rows=[])
    values = _values(referrer, record)
    if cannot := _obstacle(referrer, record.columns, values):
        return replace(group, rows=[], cannot=cannot)
    found = rows_of(
        referrer, {name: str(value) for name, value in values.items()}, size=size, seconds=seconds, cursor=cursor
    )
    return replace(group, rows=_table_rows(found.rows, group.columns), older=found.older, is_full=found.is_full)


def _values(referrer: Referrer, record: RowAt) -> dict[str, Value]:
    row = {name: field.value for name, field in record.row.items() if not field.erased}
    return {name: row.get(name) for name in referrer.key.to}


def _obstacle(referrer: Referrer, columns: Columns, values: Mapping[str, Value]) -> str:
    if not is_comparable(referrer.key, referrer.at.columns, columns):
        return "a column is missing, or masked or excluded by a rule"
    known = all(isinstance(value, str) for value in values.values())
    return "" if known else "the value that they would have is not known"


def _table_rows(rows: Sequence[RowAt], columns: Sequence[str]) -> list[TableRow]:
    """With what was chosen for the table, which says how rows are called."""
    displays = queries.displays_of(row.last for row in rows)
    shown = table_rows(rows, columns)
    for row in shown:
        row.last.display = displays.get((row.last.change.source_id, row.last.change.table_id))
    return shown
