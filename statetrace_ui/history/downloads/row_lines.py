"""Rows of a table as plain data: an object or a line a row, with a column for each column of the table. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from statetrace_ui.history.as_of.folding import Field
from statetrace_ui.history.downloads.formats import Lines
from statetrace_ui.history.erasure.marks import is_erased
from statetrace_ui.history.standings import Standing
from statetrace_ui.history.values import Excerpt, Value
from statetrace_ui.wal.masking import short_digest

NULL, NOT_KNOWN = "null", "not known"


class RowLines:
    """How rows of a table with these columns are written. columns: as `Relation.columns` has them.

    What is said of a row beside its values has names that no column has: `_key`, or `__key` where there is a `_key`.
    """

    def __init__(self, columns: Sequence[Mapping[str, Any]], zone: tzinfo) -> None:
        self._columns = [str(column["name"]) for column in columns]
        self._zone = zone
        own = {"key": "json", "last_change": "int", "last_changed_at": "time", "marks": "json"}
        self._names = {name: self._name_of(name) for name in own}
        values = dict.fromkeys(self._columns, "text")
        told = {self._names[name]: kind for name, kind in own.items()}
        self.fields = {self._names["key"]: "json", **values, **told}

    def line_of(self, row: Any) -> dict[str, Any]:
        """row: a `RowAt`, whose values are whole."""
        told = {"key": json.loads(row.key), "last_change": row.last.pk, "marks": self._marks(row)}
        told["last_changed_at"] = row.last.committed_at.astimezone(self._zone)
        values = {name: _text(row.row.get(name)) for name in self._columns}
        line = {**values, **{self._names[name]: value for name, value in told.items()}}
        return {name: line[name] for name in self.fields}

    def cells_of(self, row: Any) -> Iterator[list[Any]]:
        """The same as a line of a spreadsheet, whose marks tell a NULL from an empty text."""
        line, marks = self.line_of(row), self._names["marks"]
        nulls = {name: NULL for name in self._columns if line[name] is None and name not in line[marks]}
        line[marks] = {**line[marks], **nulls} or None
        yield [_cell(value) for value in line.values()]

    def _name_of(self, name: str) -> str:
        while (name := f"_{name}") in self._columns:
            pass
        return name

    def _marks(self, row: Any) -> dict[str, str]:
        gone, then = is_erased(row.last.cut), {column["name"]: column for column in row.columns}
        marks = {name: _mark(then.get(name, {}), row.row.get(name), gone) for name in self._columns}
        return {name: mark for name, mark in marks.items() if mark}


def row_lines(columns: Sequence[Mapping[str, Any]], zone: tzinfo) -> Lines:
    written = RowLines(columns, zone)
    return Lines(written.fields, list(written.fields), written.line_of, written.cells_of)


def _mark(column: Mapping[str, Any], found: Field | None, gone: bool) -> str:
    """Why the value is not there, or not as it was; '' of one that is."""
    if column.get("rule") == "exclude":
        return Standing.EXCLUDED
    if found is None:
        return Standing.ERASED if gone else NOT_KNOWN
    return Standing.ERASED if found.erased else _mark_of(column, found.value)


def _mark_of(column: Mapping[str, Any], value: Value) -> str:
    if isinstance(value, Excerpt):
        return f"cut: the beginning of {value.cut_from} bytes"
    # A digest may be of a time before the rule was lifted.
    return Standing.MASKED if value is not None and (column.get("rule") == "mask" or short_digest(value)) else ""


def _text(found: Field | None) -> str | None:
    return None if found is None or found.erased or found.value is None else str(found.value)


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
