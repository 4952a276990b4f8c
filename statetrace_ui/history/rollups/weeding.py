"""Removes counts of short spans that are past their time, and tells few actors apart in what is over."""

from datetime import datetime, timedelta

from django.db import connection

from statetrace_ui.history.models import ActorCount, UncountedActors
from statetrace_ui.history.rollups.spans import KEPT, KEPT_OF_ACTORS

PART = 10_000
MOST_ACTORS = 100  # of a span that is over; pages show some of the busiest
SPARE = timedelta(days=1)  # a page that was asked for just before reads what it chose
TABLES = {"history_changecount": KEPT, "history_tablecount": KEPT, "history_actorcount": KEPT_OF_ACTORS}
# In parts: the store waits for no lock for long.
WEED = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM {table} WHERE source_id = %s AND seconds = %s AND at < %s ORDER BY at LIMIT %s
    FOR UPDATE SKIP LOCKED))
"""
CROWDED = """
SELECT seconds, at FROM history_actorcount
WHERE source_id = %s AND at + seconds * interval '1 second' < %s AND session_id <> %s
GROUP BY 1, 2 HAVING count(*) > %s ORDER BY 1, 2
"""
# Rows are locked in the order in which the store locks them.
FOLD = """
WITH span AS (SELECT %(source)s::bigint AS source_id, %(seconds)s::int AS seconds, %(at)s::timestamptz AS at),
locked AS MATERIALIZED (
    SELECT session_id, changes FROM history_actorcount
    WHERE (source_id, seconds, at) = (%(source)s, %(seconds)s, %(at)s) AND session_id <> %(others)s
    ORDER BY session_id FOR UPDATE),
gone AS (
    DELETE FROM history_actorcount WHERE (source_id, seconds, at) = (%(source)s, %(seconds)s, %(at)s)
       AND session_id IN (SELECT session_id FROM locked ORDER BY changes DESC, session_id OFFSET %(most)s)
    RETURNING changes)
INSERT INTO history_actorcount AS kept (source_id, seconds, at, session_id, changes)
SELECT source_id, seconds, at, %(others)s, sum(changes) FROM span, gone GROUP BY 1, 2, 3
ON CONFLICT (source_id, seconds, at, session_id) DO UPDATE SET changes = kept.changes + EXCLUDED.changes
"""


def weed(source_id: int, now: datetime) -> None:
    """Remove what no page reads any more; what is counted later of so old a time goes the next time."""
    for table, lengths in TABLES.items():
        for seconds, kept in lengths.items():
            while _weed_part(table, source_id, seconds, now - kept - SPARE) == PART:
                pass
    if UncountedActors.objects.filter(source=source_id, below=0).exists():  # else spans that are over still grow
        _fold(source_id, now - SPARE)


def _weed_part(table: str, source_id: int, seconds: int, before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(WEED.format(table=table), [source_id, seconds, before, PART])
        removed: int = cursor.rowcount
    return removed


def _fold(source_id: int, before: datetime) -> None:
    """Tell only the busiest actors of each span apart that ended before; the others become one count."""
    with connection.cursor() as cursor:
        cursor.execute(CROWDED, [source_id, before, ActorCount.OTHERS, MOST_ACTORS])
        for seconds, at in cursor.fetchall():
            values = {"source": source_id, "seconds": seconds, "at": at, "others": ActorCount.OTHERS}
            cursor.execute(FOLD, {**values, "most": MOST_ACTORS})
