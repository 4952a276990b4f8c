"""Masks values that are stored already. Whatever was masked or dropped stays so: a digest cannot be undone.

Rows are rewritten in batches, each in a transaction of its own. Doing it again changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.db import connection, transaction

from statetrace_ui.history.chain.canonical import Section
from statetrace_ui.history.chain.removal import removing
from statetrace_ui.history.models import Change, Relation, Source, Table
from statetrace_ui.history.row_arrays import aligned, named
from statetrace_ui.wal import records
from statetrace_ui.wal.records import record_key, ruled_row

BATCH_ROWS = 1_000
BATCH_BYTES = 8_000_000  # as stored, which is compressed
# In their order. Changes of a whole table have no values, but for the value that all rows have in an added column.
KINDS = [kind for kind in Change.Kind.values if kind not in records.TABLE_KINDS or kind == Change.Kind.ALTERED]
# A range of the index by table and kind, with the sizes of its rows.
NEXT_IDS = """
SELECT id, coalesce(pg_column_size(old), 0) + coalesce(pg_column_size(new), 0) FROM history_change
WHERE source_id = %s AND table_id = %s AND kind = %s AND baseline = %s AND id > %s ORDER BY id LIMIT %s
"""
UPDATE = """
UPDATE history_change SET old = %s::text[], new = %s::text[], old_absent = %s::smallint[], new_absent = %s::smallint[],
       cut = %s, record_key = %s, old_record_key = %s
WHERE source_id = %s AND baseline = %s AND id = %s
"""
REASON = "masking"
Shapes = dict[int, records.Relation]


@dataclass(frozen=True, slots=True)
class Place:
    """How far the rows of a table are done: all kinds before `kind`, and of that the ids up to `id`."""

    kind: str = KINDS[0]
    id: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """The counts of one batch, and the place after it; None at the end of the table."""

    read: int
    masked: int
    place: Place | None


def stored_shapes(table: Table) -> Iterator[tuple[Relation, records.Relation]]:
    """Every shape that the table had, with its row. Its columns have the rules by which values were stored."""
    for row in Relation.objects.filter(source=table.source_id, table_id=table.pk):
        columns = tuple(records.Column(**column) for column in row.columns)
        yield row, records.Relation(row.oid, row.schema_name, row.table_name, row.replica_identity, columns)


def note_rules(row: Relation, shape: records.Relation) -> None:
    """Write the rules of the shape to its row. Pages read there which columns hold digests."""
    columns = [column.as_json() for column in shape.columns]
    if row.columns != columns:
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            removing(cursor, row.source_id, [row.pk], REASON, of=Section.RELATIONS),
        ):
            Relation.objects.filter(source=row.source_id, pk=row.pk).update(columns=columns)


def mask_batch(source: Source, table: Table, shapes: Shapes, place: Place) -> Batch:
    """Mask the rows of the table that follow `place`. shapes: by the id of their rows, with rules and maskers."""
    with transaction.atomic(), connection.cursor() as cursor:
        ids, last = _next_ids(source, table, place)
        with removing(cursor, source.pk, ids, REASON):  # the rows are locked before they are read
            found = Change.objects.filter(source=source, baseline=place.kind == Change.Kind.BASELINE, pk__in=ids)
            changes = list(found.filter(relation_id__in=shapes.keys()).select_related("relation").order_by("pk"))
            rows = [row for change in changes if (row := _masked(change, shapes[change.relation_id]))]
            if rows:
                cursor.executemany(UPDATE, rows)
    return Batch(len(ids), len(rows), _after(place, last))


def _next_ids(source: Source, table: Table, place: Place) -> tuple[list[int], int | None]:
    """The ids of a batch, and the last of them; None if it reaches the end of its kind."""
    with connection.cursor() as cursor:
        in_branch = place.kind == Change.Kind.BASELINE
        cursor.execute(NEXT_IDS, [source.pk, table.pk, place.kind, in_branch, place.id, BATCH_ROWS])
        found = cursor.fetchall()
    ids, size = [], 0
    for number, length in found:
        ids.append(number)
        size += length
        if size >= BATCH_BYTES:
            return ids, number
    return ids, ids[-1] if len(ids) == BATCH_ROWS else None


def _after(place: Place, last: int | None) -> Place | None:
    if last is not None:
        return replace(place, id=last)
    following = KINDS[KINDS.index(place.kind) + 1 :]
    return Place(following[0]) if following else None


def _masked(change: Change, shape: records.Relation) -> tuple[Any, ...] | None:
    """The values of UPDATE; None if the change has nothing to mask."""
    if shape.masker is None:
        return None
    mask = shape.masker.mask_once
    of_table = change.kind in records.TABLE_KINDS  # `old` then holds names of columns
    columns = [column.as_json() for column in shape.columns]
    before, after = stored_row(shape, change.old, change.old_absent), stored_row(shape, change.new, change.new_absent)
    old = before if of_table else ruled_row(shape, before, mask)
    new = ruled_row(shape, after, mask)
    key, former = change.record_key, change.old_record_key
    if set(shape.key) & set(shape.masked) and not of_table:
        key_before, key_after = record_key(shape, old), record_key(shape, new)
        key, former = key_after or key_before, key_before if key_after and key_before != key_after else ""
    cut = _cut_marks(change.cut, shape)
    (old_values, old_absent), (new_values, new_absent) = aligned(columns, old), aligned(columns, new)
    masked = (old_values, new_values, old_absent, new_absent, cut, key, former)
    stored = (change.old, change.new, change.old_absent, change.new_absent, change.cut)
    if masked == (*stored, change.record_key, change.old_record_key):
        return None
    return (*masked[:4], _json(cut), key, former, change.source_id, change.baseline, change.pk)


def stored_row(
    shape: records.Relation, values: list[str | None] | None, absent: list[int] | None
) -> records.Row | None:
    """The row by name, with what an excluded column held before its rule."""
    return named([{"name": name} for name in shape.names], values, absent)


def _cut_marks(
    cut: dict[str, dict[str, object]] | None, shape: records.Relation
) -> dict[str, dict[str, object]] | None:
    """The marks of cut values without those of values that are not in clear: they hold plain digests of them."""
    hidden = {*shape.masked, *shape.excluded}
    left = {
        side: {name: mark for name, mark in marks.items() if name not in hidden} for side, marks in (cut or {}).items()
    }
    return {side: marks for side, marks in left.items() if marks} or None


def _json(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
