"""Adds to the counts of a source, in the transaction that stores what is counted."""

from collections.abc import Iterable, Sequence

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.rollups.spans import Fact, by_kind, by_table

# Rows are locked in one order by all writers, so that two cannot end in a deadlock.
ADD_KINDS = """
INSERT INTO history_changecount AS kept (source_id, seconds, at, kind, outside, changes)
SELECT %s, * FROM unnest(%s::int[], %s::timestamptz[], %s::text[], %s::bool[], %s::bigint[])
ON CONFLICT (source_id, seconds, at, kind, outside) DO UPDATE SET changes = kept.changes + EXCLUDED.changes
"""
ADD_TABLES = """
INSERT INTO history_tablecount AS kept (source_id, seconds, at, table_id, changes)
SELECT %s, * FROM unnest(%s::int[], %s::timestamptz[], %s::int[], %s::bigint[])
ON CONFLICT (source_id, seconds, at, table_id) DO UPDATE SET changes = kept.changes + EXCLUDED.changes
"""
# The first changes that are counted as they are stored: all before them are counted by a job.
BEGIN = "INSERT INTO history_uncountedhistory (source_id, below) VALUES (%s, %s) ON CONFLICT DO NOTHING"
# By kind, of transactions that were taken for being from outside the application.
KINDS_OF = """
SELECT x.committed_at, c.kind, count(*)
FROM unnest(%s::bigint[]) AS asked (id)
JOIN history_transaction AS x ON x.source_id = %s AND x.id = asked.id
CROSS JOIN LATERAL (
    SELECT kind FROM history_change
    WHERE source_id = %s AND NOT baseline AND id BETWEEN x.first_change AND x.last_change
      AND id >= (SELECT below FROM history_uncountedhistory WHERE source_id = %s)
      AND transaction_id = x.id AND kind <> 'S') AS c
GROUP BY 1, 2
"""


def begin(cursor: CursorWrapper, source_id: int, first_change: int) -> None:
    """Note from which change on the source's changes are counted as they are stored, unless that is known."""
    cursor.execute(BEGIN, [source_id, first_change])


def add(cursor: CursorWrapper, source_id: int, facts: Sequence[Fact]) -> None:
    kinds = sorted(by_kind(facts).items())
    if kinds:
        seconds, times, letters, outside = zip(*(span for span, _ in kinds), strict=True)
        counts = [count for _, count in kinds]
        cursor.execute(ADD_KINDS, [source_id, list(seconds), list(times), list(letters), list(outside), counts])
    tables = sorted(by_table(facts).items())
    if tables:
        seconds, times, ids = zip(*(span for span, _ in tables), strict=True)
        cursor.execute(ADD_TABLES, [source_id, list(seconds), list(times), list(ids), [count for _, count in tables]])


def take_back_outside(cursor: CursorWrapper, source_id: int, transactions: Iterable[int]) -> None:
    """Count changes of these transactions within the application: their actions came later."""
    cursor.execute(KINDS_OF, [list(transactions), source_id, source_id, source_id])
    moved = cursor.fetchall()
    facts = [
        Fact(at, None, kind, outside, -count if outside else count)
        for at, kind, count in moved
        for outside in (True, False)
    ]
    add(cursor, source_id, facts)
