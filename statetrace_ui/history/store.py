"""The only writer of history: whole transactions of one source in, rows and the position reached out, all or nothing.

Storing is idempotent: what ends at or before the source's stored position is skipped, so a stream that sends
transactions again, after a crash of either side, doubles nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history import annotations
from statetrace_ui.history.annotations import ActionAnnotation, MigrationAnnotation, SessionAnnotation
from statetrace_ui.history.models import Source
from statetrace_ui.history.row_limit import limited
from statetrace_ui.history.session_writer import SessionWriter
from statetrace_ui.wal.records import Change, Relation, Transaction

CHUNK_ROWS = 5_000
CHUNK_CHARACTERS = 50_000_000

COPY_CHANGES = """
COPY history_change (source_id, transaction_id, relation_id, sequence, kind, schema_name, table_name, record_key,
                     old_record_key, old, new, unchanged, committed_at) FROM STDIN
"""
COPY_TRANSACTIONS = """
COPY history_transaction (id, source_id, kind, commit_lsn, end_lsn, xid, committed_at, change_count) FROM STDIN
"""
# The newest shape of each table: a table that changed back gets a new row all the same.
NEWEST_RELATIONS = """
SELECT DISTINCT ON (oid) oid, id, schema_name, table_name, replica_identity, columns
FROM history_relation WHERE source_id = %s AND oid = ANY (%s) ORDER BY oid, id DESC
"""
INSERT_RELATION = """
INSERT INTO history_relation (source_id, oid, schema_name, table_name, replica_identity, columns, seen_at)
VALUES (%s, %s, %s, %s, %s, %s, now()) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What one call of `store` added. migrated: whether the application said that its tables have changed."""

    transactions: int = 0
    changes: int = 0
    migrated: bool = False


def store(source: Source, transactions: Iterable[Transaction]) -> Stored:
    """Write the transactions, given in commit order, in one transaction of ours, and advance `source.position`.

    One flush at a time over all sources: ids become visible in their own order, which live views count on.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('statetrace history flush', 0))")
        position = _locked_position(cursor, source)
        fresh = [item for item in transactions if item.end_lsn > position]
        if not fresh:
            return Stored()
        stored = _Flush(cursor, source.pk).write(fresh)
        _advance(cursor, source, fresh[-1].end_lsn)
    source.position = fresh[-1].end_lsn
    return stored


def store_baseline(source: Source, baseline: Transaction, first: bool) -> Stored:
    """Write a baseline, however large, in one transaction of ours; the source's first one also sets its position.

    It does not wait its turn among the flushes, nor hold them up: it may take hours. Its rows become visible late, so
    live views that were open before show them after a reload only.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        stored = _Flush(cursor, source.pk).write([baseline])
        if first:
            _advance(cursor, source, baseline.end_lsn)
    if first:
        source.position = baseline.end_lsn
    return stored


def _locked_position(cursor: CursorWrapper, source: Source) -> int:
    """Raises Source.DoesNotExist when the source was removed in the meantime."""
    cursor.execute("SELECT position FROM history_source WHERE id = %s FOR NO KEY UPDATE", [source.pk])
    row = cursor.fetchone()
    if row is None:
        raise Source.DoesNotExist(f"The source {source} was removed.")
    return int(row[0])


def advance(source: Source, position: int) -> None:
    """Nothing of interest happened up to `position`: everything before it counts as stored. Never goes back."""
    with connection.cursor() as cursor:
        _advance(cursor, source, position)
    source.position = max(source.position, position)


def _advance(cursor: CursorWrapper, source: Source, position: int) -> None:
    cursor.execute(
        "UPDATE history_source SET position = GREATEST(position, %s), seen_at = now() WHERE id = %s",
        [position, source.pk],
    )


@dataclass(slots=True)
class _Draft:
    """A transaction on its way: its row is written last, when its changes have been counted."""

    id: int
    transaction: Transaction
    kind: str
    change_count: int = 0
    actions: list[ActionAnnotation] = field(default_factory=list)

    @property
    def says_something(self) -> bool:
        """A transaction that only announced a session is not worth a row: the session keeps it."""
        return bool(self.change_count or self.actions or self.kind != "commit")


Row = tuple[_Draft, int, Change]


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """What is written at once: many small rows or few large ones."""
    chunk: list[Row] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        characters += row[2].characters
        if len(chunk) >= CHUNK_ROWS or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


class _Flush:
    """One destination transaction's work. Foreign keys are checked at its end, so changes go before transactions."""

    def __init__(self, cursor: CursorWrapper, source_id: int) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._sessions = SessionWriter(cursor, source_id)
        self._relation_ids: dict[int, tuple[int, Relation]] = {}

    def write(self, transactions: Sequence[Transaction]) -> Stored:
        drafts = [
            _Draft(number, item, item.kind)
            for number, item in zip(self._new_ids(len(transactions)), transactions, strict=True)
        ]
        for chunk in _chunks(self._rows(drafts)):
            self._write_changes(chunk)
            self._sessions.write_sessions()
        self._sessions.write_sessions()
        self._write_transactions(drafts)
        for draft in drafts:
            self._sessions.add_actions(draft.id, draft.transaction.committed_at, draft.change_count, draft.actions)
        self._sessions.write_actions()
        return Stored(
            len(drafts), sum(draft.change_count for draft in drafts), any(draft.kind == "migration" for draft in drafts)
        )

    def _rows(self, drafts: Iterable[_Draft]) -> Iterator[Row]:
        """Every row change with its transaction and its place in it; annotations are taken out on the way."""
        for draft in drafts:
            for change in draft.transaction.changes:
                if change.relation.table_name == annotations.TABLE_NAME:
                    self._annotate(draft, change)
                else:
                    yield draft, draft.change_count, change
                    draft.change_count += 1

    def _annotate(self, draft: _Draft, change: Change) -> None:
        """A baseline's annotations tell of sessions that may go on; their actions are over and were not captured."""
        if change.kind not in "IB" or change.new is None:
            return
        annotation = annotations.parse(change.new)
        at = draft.transaction.committed_at
        match annotation:
            case SessionAnnotation():
                self._sessions.announce(annotation, at, happened=change.kind == "I")
            case ActionAnnotation() if change.kind == "I":
                self._sessions.name(annotation.session_key, at)
                draft.actions.append(annotation)
            case MigrationAnnotation() if change.kind == "I":
                draft.kind = "migration"

    def _write_changes(self, rows: list[Row]) -> None:
        self._learn_relations({id(change.relation): change.relation for _, _, change in rows}.values())
        with self._cursor.copy(COPY_CHANGES) as copy:
            for draft, sequence, change in rows:
                copy.write_row(self._change_row(draft, sequence, change))

    def _change_row(self, draft: _Draft, sequence: int, change: Change) -> tuple[Any, ...]:
        relation = change.relation
        return (
            self._source_id,
            draft.id,
            self._relation_ids[id(relation)][0],
            sequence,
            change.kind,
            relation.schema_name,
            relation.table_name,
            change.record_key,
            change.old_record_key,
            None if change.old is None else orjson.dumps(limited(change.old)).decode(),
            None if change.new is None else orjson.dumps(limited(change.new)).decode(),
            orjson.dumps(change.unchanged).decode(),
            draft.transaction.committed_at,
        )

    def _write_transactions(self, drafts: Iterable[_Draft]) -> None:
        with self._cursor.copy(COPY_TRANSACTIONS) as copy:
            for draft in drafts:
                if draft.says_something:
                    copy.write_row(self._transaction_row(draft))

    def _transaction_row(self, draft: _Draft) -> tuple[Any, ...]:
        item = draft.transaction
        return (
            draft.id,
            self._source_id,
            draft.kind,
            item.commit_lsn,
            item.end_lsn,
            item.xid,
            item.committed_at,
            draft.change_count,
        )

    def _new_ids(self, count: int) -> list[int]:
        self._cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('history_transaction', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [number for (number,) in self._cursor.fetchall()]

    def _learn_relations(self, relations: Iterable[Relation]) -> None:
        """Find or write the rows of relations that this flush has not met yet."""
        new = [relation for relation in relations if id(relation) not in self._relation_ids]
        if not new:
            return
        self._cursor.execute(NEWEST_RELATIONS, [self._source_id, [relation.oid for relation in new]])
        newest = {row[0]: (row[1], _shape(*row[2:])) for row in self._cursor.fetchall()}
        for relation in new:
            number, shape = newest.get(relation.oid, (0, None))
            if shape != _shape_of(relation):
                number = self._insert_relation(relation)
                newest[relation.oid] = number, _shape_of(relation)
            # Kept together, so that no other relation can come to have the same id().
            self._relation_ids[id(relation)] = number, relation

    def _insert_relation(self, relation: Relation) -> int:
        schema_name, table_name, identity, columns = _shape_of(relation)
        values: list[Any] = [
            self._source_id,
            relation.oid,
            schema_name,
            table_name,
            identity,
            orjson.dumps(columns).decode(),
        ]
        self._cursor.execute(INSERT_RELATION, values)
        return int(self._cursor.fetchone()[0])


Shape = tuple[str, str, str, Any]


def _shape_of(relation: Relation) -> Shape:
    return relation.schema_name, relation.table_name, relation.replica_identity, relation.as_json()["columns"]


def _shape(schema_name: str, table_name: str, identity: str, columns: Any) -> Shape:
    return schema_name, table_name, identity, orjson.loads(columns) if isinstance(columns, str) else columns
