"""The store's writer of changes. It writes chunks, so that memory stays bounded however large a transaction is."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.relation_writer import RelationWriter
from statetrace_ui.history.transaction_writer import Draft
from statetrace_ui.wal import records

CHUNK_ROWS = 5_000
CHUNK_CHARACTERS = 50_000_000

COPY_CHANGES = """
COPY history_change (source_id, transaction_id, relation_id, sequence, kind, schema_name, table_name, record_key,
                     old_record_key, old, new, unchanged, cut, committed_at) FROM STDIN
"""


# A change with its place in history: its transaction, and its number there, from 0.
PlacedChange = tuple[Draft, int, records.Change]


def chunks(placed_changes: Iterable[PlacedChange]) -> Iterator[list[PlacedChange]]:
    """The changes in lists that are written at once: many small rows or few large ones."""
    chunk: list[PlacedChange] = []
    characters = 0
    for placed in placed_changes:
        chunk.append(placed)
        characters += placed[2].characters
        if len(chunk) >= CHUNK_ROWS or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


class ChangeWriter:
    def __init__(self, cursor: CursorWrapper, source_id: int) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._relations = RelationWriter(cursor, source_id)

    def write(self, chunk: list[PlacedChange]) -> None:
        relation_ids = self._relations.ids([change.relation for _, _, change in chunk])
        with self._cursor.copy(COPY_CHANGES) as copy:
            for (draft, sequence, change), relation_id in zip(chunk, relation_ids, strict=True):
                copy.write_row(self._row(draft, sequence, change, relation_id))

    def _row(self, draft: Draft, sequence: int, change: records.Change, relation_id: int | None) -> tuple[Any, ...]:
        relation = change.relation
        return (
            self._source_id,
            draft.id,
            relation_id,
            sequence,
            change.kind,
            relation.schema_name,
            relation.table_name,
            change.record_key,
            change.old_record_key,
            row_json(change.old),
            row_json(change.new),
            orjson.dumps(change.unchanged).decode(),
            orjson.dumps(change.cut).decode() if change.cut else None,
            draft.transaction.committed_at,
        )


def row_json(row: records.Row | None) -> str | None:
    return None if row is None else orjson.dumps(row).decode()
