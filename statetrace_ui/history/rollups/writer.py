"""Adds to the counts of a source, in the transaction that stores what is counted."""

from collections.abc import Collection, Sequence

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.models import KNOWN_AS_SQL
from statetrace_ui.history.rollups.spans import CountedAs, Fact, Row, by_actor, by_kind, by_table

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
ADD_ACTORS = """
INSERT INTO history_actorcount AS kept (source_id, seconds, at, session_id, changes)
SELECT %s, * FROM unnest(%s::int[], %s::timestamptz[], %s::bigint[], %s::bigint[])
ON CONFLICT (source_id, seconds, at, session_id) DO UPDATE SET changes = kept.changes + EXCLUDED.changes
"""
# The session that stands for its actor: the actor's first one of the same ten days. So an actor of many sessions has
# few counts, and retention removes both at about the same time. Of an actor that is not known yet, itself.
COUNTED_AS = f"""
SELECT s.id, COALESCE(NULLIF({KNOWN_AS_SQL}, ''), 'session ' || s.id), CASE WHEN s.actor_id = '' THEN s.id ELSE (
    SELECT id FROM history_session
    WHERE source_id = s.source_id AND left(actor_id, 200) = left(s.actor_id, 200) AND actor_id = s.actor_id
      AND started_at >= date_bin('10 days', s.started_at, 'epoch')
    ORDER BY started_at, id LIMIT 1) END
FROM history_session AS s WHERE s.source_id = %s AND s.id = ANY (%s)
"""  # noqa: S608
# The first changes that are counted as they are stored: all before them are counted by a job.
BEGIN = """
WITH history AS (
    INSERT INTO history_uncountedhistory (source_id, below) VALUES (%(source)s, %(first)s) ON CONFLICT DO NOTHING)
INSERT INTO history_uncountedactors (source_id, below) VALUES (%(source)s, %(first)s) ON CONFLICT DO NOTHING
"""


def begin(cursor: CursorWrapper, source_id: int, first_change: int) -> None:
    """Note from which change on the source's changes are counted as they are stored, unless that is known."""
    cursor.execute(BEGIN, {"source": source_id, "first": first_change})


def add(cursor: CursorWrapper, source_id: int, facts: Sequence[Fact]) -> None:
    """Count by kind and by table."""
    _add(cursor, ADD_KINDS, source_id, by_kind(facts))
    _add(cursor, ADD_TABLES, source_id, by_table(facts))


def add_actors(cursor: CursorWrapper, source_id: int, facts: Sequence[Fact]) -> None:
    """Count by actor."""
    if sessions := {one for fact in facts for one in fact.sessions}:
        _add(cursor, ADD_ACTORS, source_id, by_actor(facts, counted_as(cursor, source_id, sessions)))


def _add(cursor: CursorWrapper, statement: str, source_id: int, rows: Sequence[Row]) -> None:
    if rows:
        cursor.execute(statement, [source_id, *map(list, zip(*rows, strict=True))])


def counted_as(cursor: CursorWrapper, source_id: int, sessions: Collection[int]) -> dict[int, CountedAs]:
    """By session. Those that were removed meanwhile are left out."""
    cursor.execute(COUNTED_AS, [source_id, list(sessions)])
    return {number: CountedAs(*rest) for number, *rest in cursor.fetchall()}
