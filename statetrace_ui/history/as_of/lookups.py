"""Look-ups by the index of records: what the newest changes of keys are up to a moment, and what keys there are.

Each enters the index once for each key, window by window (`queries/windows.py`), however long a record's history is.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from statetrace_ui.history.queries.windows import windows
from statetrace_ui.web.paging import HIGHEST_ID

OF_RECORD = """source_id = %(source)s AND table_id = %(table)s AND record_key = asked.key
       AND id >= %(first)s AND id < %(end)s"""
# Each branch is entered by itself: see queries/earlier_rows.py.
LATEST = f"""
SELECT asked.key, own.id, own.kind, own.baseline, moved.id
FROM unnest(%(keys)s::text[]) AS asked (key)
LEFT JOIN LATERAL (
    (SELECT id, kind, baseline FROM history_change WHERE NOT baseline AND {OF_RECORD} ORDER BY id DESC LIMIT 1)
    UNION ALL
    (SELECT id, kind, baseline FROM history_change WHERE baseline AND {OF_RECORD} ORDER BY id DESC LIMIT 1)
    ORDER BY id DESC LIMIT 1) AS own ON true
LEFT JOIN LATERAL (
    SELECT id FROM history_change
    WHERE NOT baseline AND source_id = %(source)s AND table_id = %(table)s AND old_record_key = asked.key
      AND old_record_key <> '' AND id >= %(first)s AND id < %(end)s
    ORDER BY id DESC LIMIT 1) AS moved ON true
WHERE own.id IS NOT NULL OR moved.id IS NOT NULL
"""  # noqa: S608 - no text of others
# The next key of the table after another one, again and again. Ids are compared with bounds of partitions alone: within
# one, an index entry is found by its key at once, but all changes of a key would have to be passed to rule out its ids.
NEXT_KEY = """
SELECT record_key FROM history_change
WHERE source_id = %(source)s AND table_id = %(table)s AND record_key > {after} AND record_key <= %(last)s
  AND id >= %(first)s AND id < %(end)s
ORDER BY record_key LIMIT 1"""
KEYS = f"""
WITH RECURSIVE known (record_key, number) AS (
    SELECT record_key, 1 FROM ({NEXT_KEY.format(after="%(after)s")}) AS first_key
    UNION ALL
    SELECT next_key.record_key, known.number + 1
    FROM known CROSS JOIN LATERAL ({NEXT_KEY.format(after="known.record_key")}) AS next_key
    WHERE known.number < %(most)s)
SELECT record_key FROM known ORDER BY number
"""  # noqa: S608 - no text of others
AROUND = """
SELECT COALESCE((SELECT max(first_id) FROM history_partition WHERE first_id <= %s), 0),
       (SELECT min(first_id) FROM history_partition WHERE first_id > %s)
"""
HIGHEST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest change under a key, and the one that gave its row another key since; both None if there is none."""

    own: int | None = None
    kind: str = ""
    baseline: bool = False
    moved: int | None = None

    @property
    def is_alive(self) -> bool:
        return self.own is not None and self.moved is None and self.kind != "D"


def latest(source_id: int, table_id: int, keys: Collection[str], after: int, until: int) -> dict[str, Latest]:
    """The newest changes of the keys with ids above `after`, up to `until`; keys without any are missing."""
    found: dict[str, Latest] = {}
    moved: dict[str, int] = {}
    values: dict[str, Any] = {"source": source_id, "table": table_id}
    for first, end in windows(after + 1, until + 1) if keys and after < until else ():
        sought = [key for key in keys if key not in found]
        if not sought:
            break
        with connection.cursor() as cursor:
            cursor.execute(LATEST, {**values, "keys": sought, "first": first, "end": end})
            rows = cursor.fetchall()
        for key, own, kind, baseline, moved_by in rows:
            if moved_by is not None:
                moved.setdefault(key, moved_by)
            if own is not None:
                moved_since = moved.get(key)
                found[key] = Latest(own, kind, baseline, moved_since if moved_since and moved_since > own else None)
    return {**{key: Latest(moved=number) for key, number in moved.items()}, **found}


def keys_after(
    source_id: int, table_id: int, after: str, prefix: str, ids: tuple[int, int], most: int
) -> Sequence[str]:
    """At most `most` keys after `after` that may begin with `prefix`, in their order, of changes with such ids.

    More than those that have changes between the two ids, and, where the database's order does not go character by
    character, more than those that begin with `prefix`.
    """
    with connection.cursor() as cursor:
        cursor.execute(AROUND, ids)
        first, end = cursor.fetchone()
        names = {"source": source_id, "table": table_id, "first": first, "end": end or HIGHEST_ID, "most": most}
        cursor.execute(KEYS, {**names, "after": after or prefix, "last": prefix + HIGHEST_CHARACTER})
        return [key for (key,) in cursor.fetchall()]
