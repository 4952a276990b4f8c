"""Compares a table, as it was read again, with what history knows of it. Only differences become changes.

The rows found are staged in a temporary table, so that the database does the sorting and joining, and memory stays
bounded however large the table is. A table without a key cannot be compared; its rows replace those known.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.erasure.replaced_keys import ReplacedKeys
from statetrace_ui.history.erasure.stand_ins import KEY_PREFIX
from statetrace_ui.history.row_arrays import named, names_at
from statetrace_ui.history.table_state import Marker, differing, row_after
from statetrace_ui.history.undone import renamed_and_back
from statetrace_ui.wal.masking import short_digest
from statetrace_ui.wal.readings import TableRows
from statetrace_ui.wal.records import Change, Row
from statetrace_ui.wal.shapes import Shape

STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS found_row (record_key text, new jsonb, cut jsonb) ON COMMIT DROP;
TRUNCATE found_row
"""
OF_TABLE = "source_id = %(source)s AND table_id = %(table)s"
TABLE = "SELECT id FROM history_table WHERE (source_id, schema_name, table_name) = (%s, %s, %s)"
# Of each version of the table's shape: its columns as JSON.
SHAPES = "SELECT id, columns::text FROM history_relation WHERE source_id = %(source)s AND table_id = %(table)s"
# What happened to the whole table since its rows last began anew.
MARKERS = f"""
SELECT id, kind, relation_id, old, old_absent, new, new_absent FROM history_change
WHERE {OF_TABLE} AND record_key = '' AND kind = ANY ('{{T,S,A,E}}') AND NOT baseline AND id >= COALESCE((
    SELECT id FROM history_change WHERE {OF_TABLE} AND record_key = '' AND kind = ANY ('{{T,S,E}}') AND NOT baseline
    ORDER BY id DESC LIMIT 1), 0)
ORDER BY id
"""  # noqa: S608
# The newest change of a key, by the index on it; nothing if the row moved to another key after it.
LAST = f"""
LEFT JOIN LATERAL (
    SELECT id, kind, relation_id, new, new_absent, cut FROM history_change
    WHERE {OF_TABLE} AND record_key = row.record_key ORDER BY id DESC LIMIT 1) AS last ON true
LEFT JOIN LATERAL (
    SELECT id FROM history_change
    WHERE {OF_TABLE} AND old_record_key = row.record_key AND old_record_key <> '' AND NOT baseline AND id > last.id
    ORDER BY id DESC LIMIT 1) AS moved ON true
"""  # noqa: S608
FOUND = f"""
SELECT row.record_key, row.new::text, row.cut::text, row.cut IS DISTINCT FROM last.cut -> 'new', last.id,
       COALESCE(last.cut -> 'columns', '[]')::text,
       last.relation_id, CASE WHEN last.kind <> 'D' AND moved.id IS NULL THEN last.new END, last.new_absent
FROM (SELECT record_key, new, cut FROM found_row ORDER BY record_key) AS row {LAST}
WHERE (last.kind <> 'D' AND moved.id IS NULL AND last.cut ? 'erased' AND NOT last.cut ? 'columns') IS NOT TRUE
"""  # noqa: S608
# The known keys one by one, each by a look-up in the index, instead of all changes of the table. Whether a row is still
# there whose key was replaced is not known.
VANISHED = f"""
WITH RECURSIVE known (record_key) AS (
    (SELECT record_key FROM history_change WHERE {OF_TABLE} AND record_key > '' ORDER BY record_key LIMIT 1)
    UNION ALL
    SELECT (SELECT record_key FROM history_change WHERE {OF_TABLE} AND record_key > known.record_key
            ORDER BY record_key LIMIT 1)
    FROM known WHERE known.record_key IS NOT NULL)
SELECT row.record_key, last.id, last.relation_id, last.new, last.new_absent
FROM known AS row {LAST}
WHERE row.record_key IS NOT NULL AND last.kind <> 'D' AND moved.id IS NULL
  AND NOT EXISTS (SELECT FROM found_row AS found WHERE found.record_key = row.record_key)
  AND (last.cut ? 'erased' AND starts_with(row.record_key, '{KEY_PREFIX}')) IS NOT TRUE
"""  # noqa: S608
EARLIER = f"""
SELECT id, relation_id, new, new_absent, old_record_key FROM history_change
WHERE {OF_TABLE} AND record_key = %(key)s AND id < %(before)s ORDER BY id DESC LIMIT 1
"""  # noqa: S608
# The value that more than half of the rows found have in a column.
COMMONEST = """
SELECT value FROM (SELECT new ->> %s AS value, count(*) AS times, sum(count(*)) OVER () AS all_rows
                   FROM found_row GROUP BY 1) AS counted WHERE times * 2 > all_rows
"""


def alteration(shape: Shape, before: Shape, values: Row) -> Change | None:
    """The change that says how a table's columns were altered; None if they were not.

    values: the value that every row got in an added column, where there is one.
    """
    names = shape.names_before(before)
    if not names and not shape.added_columns(before) and not shape.dropped_columns(before):
        return None
    return Change(shape.relation, "A", dict(names), values)


class Comparison:
    """One table that was read again."""

    def __init__(self, cursor: CursorWrapper, source_id: int, table: TableRows) -> None:
        self._cursor = cursor
        self._table = table
        self._relation = table.shape.relation
        cursor.execute(TABLE, [source_id, *table.shape.table])
        [number] = cursor.fetchone() or [None]
        self._names: dict[str, Any] = {"source": source_id, "table": number}
        cursor.execute(SHAPES, self._names)
        self._replaced = ReplacedKeys(source_id, number or 0)
        self._columns = {relation_id: orjson.loads(columns) for relation_id, columns in cursor.fetchall()}

    def differences(self) -> Iterator[Change]:
        """An alteration if columns were added or renamed, then the rows that differ from those known."""
        self._stage()
        markers = self._markers()
        if altered := self._alteration():
            yield altered
            # It will be stored after everything that is known now.
            markers.append(Marker(1 << 62, "A", altered.old or {}, altered.new or {}))
        yield from self._found(markers)
        yield from self._vanished(markers)

    def _stage(self) -> None:
        self._cursor.execute(STAGE)
        with closing(self._table.rows()) as rows, self._cursor.copy("COPY found_row FROM STDIN") as copy:
            for change in rows:
                copy.write_row((change.record_key, _json(change.new), _json(change.cut.get("new"))))
        self._cursor.execute("CREATE INDEX IF NOT EXISTS found_row_by_key ON found_row (record_key)")
        self._cursor.execute("ANALYZE found_row")

    def _markers(self) -> list[Marker[str | None]]:
        self._cursor.execute(MARKERS, self._names)
        return [
            Marker(number, kind, self._row(relation, *old) or {}, self._row(relation, *new) or {})
            for number, kind, relation, *values in self._cursor.fetchall()
            for old, new in [(values[:2], values[2:])]
        ]

    def _row(self, relation_id: int, values: list[str | None] | None, absent: list[int] | None) -> Row | None:
        """A stored row by the names that its columns had then."""
        return named(self._columns[relation_id], values, absent)

    def _alteration(self) -> Change | None:
        before, shape = self._table.before, self._table.shape
        if before is None:
            return None
        values: Row = {}
        for column in shape.added_columns(before):
            self._cursor.execute(COMMONEST, [column])
            if row := self._cursor.fetchone():
                values[column] = row[0]
        return alteration(shape, before, values) or self._altered_and_back()

    def _altered_and_back(self) -> Change | None:
        """An alteration without a word, so that the table counts as read. The rows that suffered differ."""
        undone = renamed_and_back(self._names["source"], [self._relation])
        return Change(self._relation, "A", {}, {}) if undone else None

    def _found(self, markers: list[Marker[str | None]]) -> Iterator[Change]:
        for key, found, marks, cut_differs, last, erased, *stored in self._read("found_rows", FOUND):
            row = orjson.loads(found)
            cut = {"new": orjson.loads(marks)} if marks else {}
            if last is None and self._replaced.has(key):
                continue
            known = self._known(key, last, stored, markers)
            if known is not None:  # what was erased is not found again
                known.update({name: row[name] for name in orjson.loads(erased) if name in row})
            if known is None:
                yield Change(self._relation, "I", None, row, [], key, "", cut)
            elif (names := self._differing(known, row)) or (marks and cut_differs):
                old = {name: known[name] for name in names if name in known}
                yield Change(self._relation, "U", old, row, [], key, "", cut)

    def _differing(self, known: Row, found: Row) -> list[str]:
        """The columns that differ. Whether a masked value differs from one of before its rule is unknown."""
        masked = self._relation.masked
        names = differing(known, found, [name for name in self._relation.names if name in found])
        return [name for name in names if name not in masked or not _is_clear(known.get(name)) or found[name] is None]

    def _known(
        self, key: str, last: int | None, stored: Sequence[Any], markers: list[Marker[str | None]]
    ) -> Row | None:
        """The row that history knows under the key; None if it knows of none. stored: as `_row` takes it."""
        relation_id, new, absent = stored
        if last is None or new is None:
            return None
        row = self._row(relation_id, new, absent) or {}
        for name in names_at(self._columns[relation_id], absent):
            row.update(self._sent_before(key, last, name))
        return row_after(row, last, markers)

    def _sent_before(self, key: str, before: int, name: str) -> Row:
        """The newest value of a column that a row's last changes left untouched and did not send; {} if unknown."""
        while True:
            self._cursor.execute(EARLIER, {**self._names, "key": key, "before": before})
            change = self._cursor.fetchone()
            if change is None or change[2] is None:
                return {}
            before, *stored, old_key = change
            row = self._row(*stored) or {}
            if name in row:
                return {name: row[name]}
            key = old_key or key

    def _vanished(self, markers: list[Marker[str | None]]) -> Iterator[Change]:
        for key, last, *stored in self._read("vanished_rows", VANISHED):
            known = self._row(*stored)
            row = row_after(known, last, markers) if known is not None else None
            if row is not None:
                names = self._relation.names
                yield Change(self._relation, "D", {name: row[name] for name in names if name in row}, None, [], key)

    def _read(self, name: str, query: str) -> Iterator[tuple[Any, ...]]:
        """The query's rows, a few at a time, by a cursor at the server."""
        with self._cursor.cursor.connection.cursor(name) as cursor:
            cursor.execute(query, self._names)
            yield from cursor


def _is_clear(value: str | None) -> bool:
    return value is not None and not short_digest(value)


def _json(value: Any) -> str | None:
    return orjson.dumps(value).decode() if value else None
