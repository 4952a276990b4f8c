"""What the page of a record shows of its state: its fields, and the moments of its life between which one moves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from statetrace_ui.history.as_of.folding import Field, differs
from statetrace_ui.history.as_of.moments import Moment
from statetrace_ui.history.as_of.pages import RowAt
from statetrace_ui.history.as_of.records import RecordAt
from statetrace_ui.history.change_rows import ChangeRow, record_label
from statetrace_ui.history.models import Change
from statetrace_ui.history.references.keys import Link, Links
from statetrace_ui.history.values import Value

MOST_COLUMNS = 12  # of a list of rows


@dataclass(frozen=True, slots=True)
class Cell:
    """A field's value at a moment. lack: why there is none: not captured, not known, erased; '' where there is one.

    links: to the records that the value names.
    """

    value: Value = None
    lack: str = ""
    links: Sequence[Link] = ()

    def linked(self, links: Sequence[Link]) -> "Cell":
        return replace(self, links=links) if links else self

    def differs(self, other: "Cell") -> bool:
        return self.lack != other.lack or (not self.lack and differs(self.value, other.value))


@dataclass(frozen=True, slots=True)
class FieldRow:
    """set_by: the change that set the value; None where it is earlier than what was looked at.

    was: the value before, if the record's last change altered it. against: at the other moment, where two are compared.
    """

    name: str
    type: str
    masked: bool
    cell: Cell
    set_by: ChangeRow | None
    was: Cell | None = None
    against: Cell | None = None

    @property
    def is_changed(self) -> bool:
        return self.was is not None if self.against is None else self.against.differs(self.cell)


@dataclass(frozen=True, slots=True)
class Stop:
    """A transaction that changed the record, or its table: the last of its changes."""

    change: int
    at: datetime
    kind: str


def field_rows(state: RecordAt, other: RecordAt | None = None) -> list[FieldRow]:
    """In the order of the columns then; columns that only the other moment has follow."""
    columns = {str(column["name"]): column for column in [*state.columns, *(other.columns if other else ())][::-1]}
    order = [*(str(column["name"]) for column in state.columns), *(other.row if other else ())]
    setters = {number: ChangeRow(change) for number, change in state.changes.items()}
    return [_field_row(columns.get(name, {}), name, state, other, setters) for name in dict.fromkeys(order)]


def _field_row(
    column: Mapping[str, Any],
    name: str,
    state: RecordAt,
    other: RecordAt | None,
    setters: Mapping[int, ChangeRow],
) -> FieldRow:
    found = state.row.get(name)
    return FieldRow(
        name,
        str(column.get("type", "")),
        column.get("rule") == "mask",
        _cell(column, found),
        setters.get(found.set_by) if found else None,
        _was(column, name, found, state),
        _cell(column, other.row.get(name)) if other else None,
    )


def linked(fields: Sequence[FieldRow], now: Links, was: Links, against: Links) -> list[FieldRow]:
    """The fields with the links of each of their values."""
    return [
        replace(
            field,
            cell=field.cell.linked(now.get(field.name, ())),
            was=field.was and field.was.linked(was.get(field.name, ())),
            against=field.against and field.against.linked(against.get(field.name, ())),
        )
        for field in fields
    ]


def _was(column: Mapping[str, Any], name: str, found: Field | None, state: RecordAt) -> Cell | None:
    """None of a field that the last change left as it was, and of all fields of a row that had just been made."""
    setter = state.changes.get(found.set_by) if found else None
    if not setter or not state.before or not state.cause or setter.transaction_id != state.cause.transaction_id:
        return None
    return _cell(column, state.before.get(name))


def _cell(column: Mapping[str, Any], found: Field | None) -> Cell:
    if column.get("rule") == "exclude":
        return Cell(lack="not captured: a column rule excludes it")
    if found is None:
        return Cell(lack="not known")
    return Cell(lack="erased") if found.erased else Cell(found.value)


def stops_of(changes: Sequence[Change]) -> list[Stop]:
    """The moments of the changes, given newest first, in their order."""
    last_of: dict[int, Change] = {}
    for change in changes:
        last_of.setdefault(change.transaction_id, change)
    return [Stop(change.pk, change.committed_at, change.kind) for change in reversed(last_of.values())]


def place_of(stops: Sequence[Stop], moment: Moment) -> int:
    """The place of the last stop that counts at the moment; -1 before the first."""
    return sum(stop.change <= moment.until for stop in stops) - 1


def keys_like(text: str) -> tuple[str, str]:
    """(key, beginning of keys) as history writes them, of what people write: `68`, `12, en`, or `6*`."""
    text = text.strip()
    if not text or text.startswith('["'):
        return text, ""
    written = json.dumps([part.strip() for part in text.split(",")], ensure_ascii=False, separators=(",", ":"))
    return ("", written.removesuffix('*"]')) if text.endswith("*") else (written, "")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row in the list of a table's rows. url: of its record; fields: by the columns that the list shows."""

    label: str
    url: str
    last: ChangeRow
    fields: list[FieldRow]


def shown_columns(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns that a list shows: those that are captured, but for the key, which names the row."""
    names = [str(one["name"]) for one in columns if not one.get("key") and one.get("rule") != "exclude"]
    return names[:MOST_COLUMNS]


def table_rows(rows: Sequence[RowAt], names: Sequence[str]) -> list[TableRow]:
    return [_table_row(row, names) for row in rows]


def _table_row(row: RowAt, names: Sequence[str]) -> TableRow:
    columns = {str(column["name"]): column for column in row.columns}
    last = ChangeRow(row.last)
    fields = [_listed_field(name, columns.get(name, {}), row.row.get(name)) for name in names]
    return TableRow(record_label(row.key, row.columns), last.record_url, last, fields)


def _listed_field(name: str, column: Mapping[str, Any], found: Field | None) -> FieldRow:
    return FieldRow(name, str(column.get("type", "")), column.get("rule") == "mask", _cell(column, found), None)
