"""Removes what is over beside changes: transactions of which nothing is left, their actions, sessions, annotations.

They follow the rule for all tables: a shorter one for a table removes that table's changes alone.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from statetrace_ui.history.models import Transaction, UnreadAnnotation
from statetrace_ui.history.removals import removing
from statetrace_ui.history.retention.rules import REASON

BATCH_ROWS = 1_000
# Of which a change is left: the ids of the transaction's changes lie in its range of the primary key.
TRANSACTIONS = """
SELECT t.id, t.first_change IS NOT NULL AND EXISTS (
    SELECT FROM history_change c WHERE c.source_id = t.source_id AND c.id BETWEEN t.first_change AND t.last_change
       AND c.transaction_id = t.id)
FROM history_transaction t
WHERE t.source_id = %s AND t.id > %s AND t.id < %s AND t.committed_at < %s AND t.kind <> 'checkpoint'
ORDER BY t.id LIMIT %s
"""
ACTIONS = "SELECT id FROM history_action WHERE source_id = %s AND transaction_id = ANY (%s)"
REMOVE_ACTIONS = "DELETE FROM history_action WHERE source_id = %s AND id = ANY (%s)"
REMOVE_TRANSACTIONS = "DELETE FROM history_transaction WHERE source_id = %s AND id = ANY (%s)"
# Locked, unless capture is just writing them: they are not over then.
SESSIONS = """
SELECT s.id FROM history_session s
WHERE s.source_id = %s AND s.id > %s AND s.last_at < %s
  AND NOT EXISTS (SELECT FROM history_action a WHERE a.source_id = s.source_id AND a.session_id = s.id)
ORDER BY s.id LIMIT %s FOR UPDATE SKIP LOCKED
"""
REMOVE_SESSIONS = "DELETE FROM history_session WHERE source_id = %s AND id = ANY (%s)"


@dataclass(slots=True)
class Removed:
    """The counts of a batch, and the id after which to go on; None at the end."""

    last_id: int | None = None
    transactions: int = 0
    actions: int = 0
    sessions: int = 0
    annotations: int = 0


def remove_transactions(source_id: int, before: datetime, after: int) -> Removed:
    """In the order of ids. The newest stay, by which capture knows the server again."""
    end = _first_kept(source_id, before)
    with connection.cursor() as cursor:
        cursor.execute(TRANSACTIONS, [source_id, after, end, before, BATCH_ROWS])
        rows = cursor.fetchall()
        kept = newest(source_id)
        empty = [number for number, has_changes in rows if not has_changes and number not in kept]
        cursor.execute(ACTIONS, [source_id, empty])
        actions = [number for (number,) in cursor.fetchall()]
        if empty:
            with removing(cursor, source_id, REASON, transactions=empty, actions=actions):
                cursor.execute(REMOVE_ACTIONS, [source_id, actions])
                cursor.execute(REMOVE_TRANSACTIONS, [source_id, empty])
    return Removed(rows[-1][0] if len(rows) == BATCH_ROWS else None, len(empty), len(actions))


def newest(source_id: int) -> set[int]:
    """The newest commit, and the newest that changed a row: the slot may send either again when capture begins."""
    commits = Transaction.objects.filter(source=source_id, kind__in=["commit", "migration"]).order_by(
        "-era", "-commit_lsn"
    )
    found = [commits.first(), commits.filter(change_count__gt=0).first()]
    return {commit.pk for commit in found if commit}


def _first_kept(source_id: int, before: datetime) -> int:
    """The id of the first transaction that is not over, for the walk to end there; ids follow time but for moments."""
    kept = Transaction.objects.filter(source=source_id, committed_at__gte=before).order_by("committed_at", "id")
    first = kept.exclude(kind=Transaction.Kind.CHECKPOINT).values_list("id", flat=True)[:1]
    return next(iter(first), 2**63 - 1)


def remove_sessions(source_id: int, before: datetime, after: int) -> Removed:
    """Sessions whose actions are all gone, and which ended before."""
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS, [source_id, after, before, BATCH_ROWS])
        ids = [number for (number,) in cursor.fetchall()]
        if ids:
            with removing(cursor, source_id, REASON, sessions=ids):
                cursor.execute(REMOVE_SESSIONS, [source_id, ids])
    return Removed(ids[-1] if len(ids) == BATCH_ROWS else None, sessions=len(ids))


def remove_annotations(source_id: int, before: datetime, _: int) -> Removed:
    """Annotations that were not understood, of which few are kept anyway."""
    return Removed(annotations=UnreadAnnotation.objects.filter(source=source_id, at__lt=before).delete()[0])
