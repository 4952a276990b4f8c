"""Rebuilds tables from stored changes, so that tests can compare history with the audited database."""

import json
from collections.abc import Iterable
from typing import Any, Protocol

Row = dict[str, str | None]
TableName = tuple[str, str]


class StoredChange(Protocol):
    """The fields of a change that replaying needs; the model has all of them."""

    kind: str
    schema_name: str
    table_name: str
    record_key: str
    old_record_key: str
    unchanged: Any  # names of columns
    relation: Any  # the model's, of which `columns` is needed
    transaction_id: int

    def values_before(self) -> Row | None: ...

    def values_after(self) -> Row | None: ...


class Tables:
    """The audited tables as rebuilt so far: {(schema, table): {record key: row}}.

    Play changes in the order of their ids. A row of a table without a
    key is identified by its values, so equal rows count as one.
    """

    def __init__(self) -> None:
        self.rows: dict[TableName, dict[str, Row]] = {}
        self._baselines: dict[TableName, int] = {}

    def play(self, changes: Iterable[StoredChange]) -> "Tables":
        for change in changes:
            self._apply(change, (change.schema_name, change.table_name))
        return self

    def _apply(self, change: StoredChange, name: TableName) -> None:
        rows = self.rows.setdefault(name, {})
        match change.kind:
            case "T" | "S" | "E":
                rows.clear()
            case "A":
                for key, row in rows.items():
                    rows[key] = _altered(row, change)
            case "D":
                rows.pop(change.record_key or _values(change.values_before()), None)
            case "B":
                self._put_baseline_row(change, name)
            case _:
                before = rows.pop(change.old_record_key or change.record_key or _values(change.values_before()), {})
                row = {name: value for name, value in before.items() if name in change.unchanged} | (
                    change.values_after() or {}
                )
                rows[change.record_key or _values(row)] = row

    def _put_baseline_row(self, change: StoredChange, name: TableName) -> None:
        """The first row of a newer baseline replaces all rows of the table."""
        if self._baselines.get(name) != change.transaction_id:
            self._baselines[name] = change.transaction_id
            self.rows[name] = {}
        self.rows[name][change.record_key or _values(change.values_after())] = change.values_after() or {}


def _altered(row: Row, change: StoredChange) -> Row:
    """The row with its columns renamed at once, without those that are gone, and with those that were added."""
    names_before = change.values_before() or {}
    names_now = {before: now for now, before in names_before.items() if before in row}
    kept = {name: value for name, value in row.items() if name not in names_now}
    renamed = {now: row[before] for before, now in names_now.items() if before}
    after = {**(change.values_after() or {}), **kept, **renamed}
    return {name: after[name] for column in change.relation.columns if (name := column["name"]) in after}


def _values(row: Row | None) -> str:
    return json.dumps(sorted((row or {}).items()))
