"""Counts changes that were stored before changes were counted, from the newest on, part by part."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.models import Source, UncountedActors, UncountedHistory
from statetrace_ui.history.rollups import writer
from statetrace_ui.history.rollups.spans import OF_BASELINES, Fact

PART = 50_000
SECONDS_AT_ONCE = 40.0
# Of a source that has stored nothing since. The store takes no ids meanwhile: its lock is held.
LAST_ID = "SELECT COALESCE(max(id), 0) + 1 FROM history_change WHERE source_id = %s AND NOT baseline"
FLUSH_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('statetrace history flush', 0))"
# The newest changes that are not counted, grouped, with the lowest id among them all.
NEXT = """
WITH part AS MATERIALIZED (
    SELECT id, table_id, kind, transaction_id FROM history_change
    WHERE source_id = %(source)s AND NOT baseline AND id < %(below)s ORDER BY id DESC LIMIT %(part)s),
counted AS MATERIALIZED (SELECT transaction_id, table_id, kind, count(*) AS changes FROM part GROUP BY 1, 2, 3)
SELECT x.committed_at, counted.table_id, counted.kind, x.outside, counted.changes, ARRAY(
        SELECT session_id FROM history_action
        WHERE source_id = %(source)s AND transaction_id = x.id AND session_id IS NOT NULL),
    (SELECT min(id) FROM part)
FROM counted JOIN history_transaction AS x ON x.source_id = %(source)s AND x.id = counted.transaction_id
"""


class Counting(NamedTuple):
    """Counts that began together, and how far back they reach."""

    place: type[UncountedHistory] | type[UncountedActors]
    add: Callable[[CursorWrapper, int, Sequence[Fact]], None]


COUNTINGS = (Counting(UncountedHistory, writer.add), Counting(UncountedActors, writer.add_actors))


def count_older() -> None:
    """Count for as long as a minute allows; the next call goes on."""
    until = time.monotonic() + SECONDS_AT_ONCE
    for source in Source.objects.exclude(uncountedhistory__below=0, uncountedactors__below=0).order_by("pk"):
        while count_part(source.pk) and time.monotonic() < until:
            pass


def count_part(source_id: int) -> bool:
    """Count the next part of a source; whether there may be more."""
    return any(_count_part(source_id, counting) for counting in COUNTINGS)


def _count_part(source_id: int, counting: Counting) -> bool:
    """In one transaction, with the place."""
    with transaction.atomic(), connection.cursor() as cursor:
        below = _place(cursor, source_id, counting)
        cursor.execute(NEXT, {"source": source_id, "below": below, "part": PART})
        rows = cursor.fetchall()
        facts = [fact for *values, _ in rows if (fact := Fact(*values)).kind not in OF_BASELINES]
        counting.add(cursor, source_id, facts)
        counting.place.objects.filter(source=source_id).update(below=rows[0][-1] if rows else 0)
    return bool(rows)


def _place(cursor: CursorWrapper, source_id: int, counting: Counting) -> int:
    """Locked, so that two who count at once count nothing twice."""
    held = counting.place.objects.select_for_update().filter(source=source_id)
    place = held.first()
    if place is None:
        cursor.execute(FLUSH_LOCK)
        cursor.execute(LAST_ID, [source_id])
        writer.begin(cursor, source_id, cursor.fetchone()[0])
        place = held.get()
    return place.below
