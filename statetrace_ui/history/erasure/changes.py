"""Erases the values of changes: all of a record's, or those in which words stand. The fact of each change stays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.erasure import replaced_keys
from statetrace_ui.history.erasure.stand_ins import is_stand_in, key_stand_in
from statetrace_ui.history.erasure.wanted import Wanted
from statetrace_ui.history.erasure.words import Words
from statetrace_ui.history.models import Change, ErasedRecord, Erasure
from statetrace_ui.history.removals import removing

BATCH_ROWS = 1_000
SCANNED_ROWS = 5_000
REASON = "erasure"
NOT_ERASED = "(cut -> 'erased' IS NULL OR cut -> 'columns' IS NOT NULL)"
# The changes of a record whose values are still there. A change of the key is found by the key after it, since an
# erasure notes all keys of a record.
OF_RECORD = f"""
SELECT id, record_key, old_record_key FROM history_change
WHERE source_id = %(source)s AND table_id = %(table)s AND record_key = %(key)s AND {NOT_ERASED}
  AND (%(key)s <> '' OR id = %(change)s)
ORDER BY id LIMIT %(limit)s
"""  # noqa: S608
COUNT = f"SELECT count(*) FROM ({OF_RECORD}) AS found"  # noqa: S608
ERASE = """
UPDATE history_change AS c
SET old = NULL, new = NULL, old_absent = NULL, new_absent = NULL, cut = %s,
    record_key = k.now, old_record_key = k.before
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS k (id, now, before)
WHERE c.source_id = %s AND c.id = k.id
"""
LAST_OF_PART = """
SELECT max(id), count(*) FROM (
    SELECT id FROM history_change WHERE source_id = %s AND id > %s ORDER BY id LIMIT %s) AS part
"""
# More than those in which a word stands: that is told in Python. Records that were found are erased as a whole.
LIKELY = f"""
SELECT id FROM history_change AS c
WHERE source_id = %s AND id > %s AND id <= %s AND {NOT_ERASED}
  AND NOT EXISTS (SELECT FROM history_erasedrecord r WHERE r.erasure_id = %s AND r.table_id = c.table_id
                  AND r.key = c.record_key AND (r.key <> '' OR r.change_id = c.id))
  AND concat_ws(E'\\n', array_to_string(new, E'\\n'), array_to_string(old, E'\\n'), record_key, old_record_key)
      ILIKE ANY (%s)
ORDER BY id
"""  # noqa: S608
ERASE_VALUES = """
UPDATE history_change SET old = %s, new = %s, cut = %s, record_key = %s, old_record_key = %s
WHERE source_id = %s AND id = %s
"""


@dataclass(frozen=True, slots=True)
class Part:
    """The last id of a part of history, None at its end; and the changes found in it by table."""

    last_id: int | None
    changes: dict[int, int]


def count_record(erasure: Erasure, record: ErasedRecord) -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {**_named(erasure, record), "limit": None})
        return int(cursor.fetchone()[0])


def erase_record(erasure: Erasure, wanted: Wanted, record: ErasedRecord) -> int:
    """Erase a batch of the record's changes, in the caller's transaction. Returns how many; 0 when all are erased."""
    with connection.cursor() as cursor:
        # Locked, since keys may be masked meanwhile.
        cursor.execute(f"{OF_RECORD} FOR UPDATE", {**_named(erasure, record), "limit": BATCH_ROWS})
        rows = cursor.fetchall()
        if rows:
            ids = [number for number, _, _ in rows]
            keys = [[_key(erasure, wanted, record.table_id, key) for key in pair] for _, *pair in rows]
            now, before = (list(side) for side in zip(*keys, strict=True))
            _note_replaced(erasure, record.table_id, [key for _, *pair in rows for key in pair], now + before)
            with removing(cursor, erasure.source_id, REASON, changes=ids):
                cursor.execute(ERASE, [_json({"erased": erasure.pk}), ids, now, before, erasure.source_id])
    return len(rows)


def erase_words(erasure: Erasure, wanted: Wanted, after: int, erase: bool) -> Part:
    """Erase the values, and keys, in which one of the words stands, in the next part of history.

    erase: False to count alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST_OF_PART, [erasure.source_id, after, SCANNED_ROWS])
        last, rows = cursor.fetchone()
        if not rows:
            return Part(None, {})
        cursor.execute(LIKELY, [erasure.source_id, after, last, erasure.pk, wanted.words.likes])
        likely = [number for (number,) in cursor.fetchall()]
        found = [one for one in _changes(erasure, likely) if _concerns(one, wanted)]
        if erase and found:
            ids = [change.pk for change in found]
            with removing(cursor, erasure.source_id, REASON, changes=ids):
                for change in _changes(erasure, ids):  # as they are now that they are locked: they may be masked by now
                    _erase_values(cursor, erasure, wanted, change)
    counts: dict[int, int] = {}
    for change in found:
        counts[change.table_id or 0] = counts.get(change.table_id or 0, 0) + 1
    return Part(int(last) if rows == SCANNED_ROWS else None, counts)


def _changes(erasure: Erasure, ids: Sequence[int]) -> Iterator[Change]:
    found = Change.objects.filter(source=erasure.source_id, id__in=ids).select_related("relation")
    return found.order_by("id").iterator(chunk_size=50)


def _concerns(change: Change, wanted: Wanted) -> bool:
    keys = [key for key in (change.record_key, change.old_record_key) if not is_stand_in(key)]
    return bool(_columns(change, wanted.words)) or any(map(wanted.is_in_key, keys))


def _columns(change: Change, words: Words) -> list[int]:
    """The places, from 0, of the columns in whose values before or after a word stands."""
    sides = [side for side in (change.old, change.new) if side]
    width = max(map(len, sides), default=0)
    return [
        place for place in range(width) if any(words.occur(side[place] or "") for side in sides if place < len(side))
    ]


def _erase_values(cursor: CursorWrapper, erasure: Erasure, wanted: Wanted, change: Change) -> None:
    places = _columns(change, wanted.words)
    names = [change.columns[place]["name"] for place in places if place < len(change.columns)]
    values = [_without(side, places) for side in (change.old, change.new)]
    keys = [_key(erasure, wanted, change.table_id, key) for key in (change.record_key, change.old_record_key)]
    _note_replaced(erasure, change.table_id, [change.record_key, change.old_record_key], keys)
    mark = _mark(erasure, change.cut or {}, [str(name) for name in names])
    cursor.execute(ERASE_VALUES, [*values, _json(mark), *keys, erasure.source_id, change.pk])


def _mark(erasure: Erasure, cut: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The marks of the change: without the digests of values that are erased, with the columns of all erasures."""
    gone = {*cut.get("columns", []), *names}
    sides = {
        side: {name: mark for name, mark in cut.get(side, {}).items() if name not in gone} for side in ("old", "new")
    }
    return {**{side: marks for side, marks in sides.items() if marks}, "erased": erasure.pk, "columns": sorted(gone)}


def _without(side: list[str | None] | None, places: Sequence[int]) -> list[str | None] | None:
    return side and [None if place in places else value for place, value in enumerate(side)]


def _key(erasure: Erasure, wanted: Wanted, table_id: int | None, key: str) -> str:
    return key_stand_in(erasure.secret, table_id, key) if wanted.is_in_key(key) else key


def _note_replaced(erasure: Erasure, table_id: int | None, former: Sequence[str], now: Sequence[str]) -> None:
    replaced_keys.note(erasure.source_id, table_id, set(former) - set(now))


def _named(erasure: Erasure, record: ErasedRecord) -> dict[str, Any]:
    return {"source": erasure.source_id, "table": record.table_id, "key": record.key, "change": record.change_id}


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
