"""Which records an erasure is about: found by fields, and followed through changes of their keys."""

from collections.abc import Iterable, Sequence

from django.db import connection

from statetrace_ui.history.models import ErasedRecord, Erasure, Relation, Table

SCANNED_ROWS = 20_000
AT_ONCE = 1_000
# The ids of a part of history, by the primary key.
LAST_OF_PART = """
SELECT max(id), count(*) FROM (
    SELECT id FROM history_change WHERE source_id = %s AND id > %s ORDER BY id LIMIT %s) AS part
"""
MATCHES = """
SELECT DISTINCT c.table_id, c.record_key, c.old_record_key, CASE WHEN c.record_key = '' THEN c.id ELSE 0 END
FROM history_change c
JOIN unnest(%s::int[], %s::int[]) AS place (relation_id, number) ON place.relation_id = c.relation_id
WHERE c.source_id = %s AND c.id > %s AND c.id <= %s AND c.kind = ANY ('{I,U,D,B}')
  AND (lower(c.new[place.number]) = lower(%s) OR lower(c.old[place.number]) = lower(%s))
"""
# Both ways, each by its index: the key before, and the key after.
OTHER_KEYS = """
SELECT old_record_key FROM history_change
WHERE source_id = %(source)s AND table_id = %(table)s AND record_key = %(key)s AND old_record_key <> ''
UNION
SELECT record_key FROM history_change
WHERE source_id = %(source)s AND table_id = %(table)s AND old_record_key = %(key)s AND old_record_key <> ''
"""


def find_by_fields(erasure: Erasure, value: str, after: int) -> int | None:
    """Note the records of the next part of history that have, or had, the value in one of the erasure's fields.

    Returns the last id of the part; None at the end.
    """
    places = _places(erasure)
    if not places or not value:
        return None
    with connection.cursor() as cursor:
        cursor.execute(LAST_OF_PART, [erasure.source_id, after, SCANNED_ROWS])
        last, rows = cursor.fetchone()
        if not rows:
            return None
        relations, numbers = zip(*places, strict=True)
        cursor.execute(MATCHES, [list(relations), list(numbers), erasure.source_id, after, last, value, value])
        found = cursor.fetchall()
    note(erasure, [(table, key, 0) for table, now, before, _ in found for key in (now, before) if key])
    note(erasure, [(table, "", change) for table, _, _, change in found if change])
    return int(last) if rows == SCANNED_ROWS else None


def note(erasure: Erasure, records: Iterable[tuple[int, str, int]]) -> None:
    """(table, key, 0) of a record, or (table, '', change) of a row without a key."""
    rows = [ErasedRecord(erasure=erasure, table_id=table, key=key, change_id=change) for table, key, change in records]
    ErasedRecord.objects.bulk_create(rows, ignore_conflicts=True)


def note_record(erasure: Erasure, key: str) -> None:
    schema, name, _ = erasure.places[0]
    for table in Table.objects.filter(source=erasure.source_id, schema_name=schema, table_name=name):
        note(erasure, [(table.pk, key, 0)])


def follow_keys(erasure: Erasure) -> bool:
    """Note the other keys that some records had before or after; returns whether there may be more to follow."""
    unfollowed = ErasedRecord.objects.filter(erasure=erasure, followed=False).exclude(key="")
    records = list(unfollowed.order_by("id")[:AT_ONCE])
    with connection.cursor() as cursor:
        for record in records:
            values: dict[str, int | str] = {"source": erasure.source_id, "table": record.table_id, "key": record.key}
            cursor.execute(OTHER_KEYS, values)
            note(erasure, [(record.table_id, key, 0) for (key,) in cursor.fetchall()])
    ErasedRecord.objects.filter(pk__in=[record.pk for record in records]).update(followed=True)
    return bool(records)


def _places(erasure: Erasure) -> Sequence[tuple[int, int]]:
    """(relation, number of the column from 1) of each shape that has one of the erasure's fields."""
    wanted = {tuple(place) for place in erasure.places}
    shapes = Relation.objects.filter(source=erasure.source_id).select_related("table")
    return [
        (shape.pk, number)
        for shape in shapes
        for number, column in enumerate(shape.columns, start=1)
        if (shape.schema_name, shape.table_name, column["name"]) in wanted
    ]
