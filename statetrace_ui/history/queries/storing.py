"""When a transaction was stored: the chain's link that covers it was made right before that was committed."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from statetrace_ui.history.chain.canonical import Kind
from statetrace_ui.history.models import Transaction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The first link through the transaction's id, by halves: a link's `transactions_through` never falls. Numbers may be
# missing, so each half is judged by the next link that there is.
COVERING = """
WITH RECURSIVE half (low, high) AS (
    SELECT min(number), max(number) FROM history_chainlink WHERE source_id = %(source)s
    UNION ALL
    SELECT CASE WHEN middle.transactions_through < %(id)s THEN middle.number + 1 ELSE low END,
           CASE WHEN middle.transactions_through < %(id)s THEN high ELSE (low + high) / 2 END
    FROM half CROSS JOIN LATERAL (
        SELECT number, transactions_through FROM history_chainlink
        WHERE source_id = %(source)s AND number >= (low + high) / 2 ORDER BY number LIMIT 1) AS middle
    WHERE low < high)
SELECT kind, at FROM history_chainlink
WHERE source_id = %(source)s AND number >= (SELECT max(low) FROM half) AND transactions_through >= %(id)s
ORDER BY number LIMIT 1
"""


def stored_at(transaction: Transaction) -> datetime | None:
    """None if that is not known: it is older than the chain, or stands for states that retention kept."""
    if transaction.kind == Transaction.Kind.CHECKPOINT:
        return None
    with connection.cursor() as cursor:
        cursor.execute(COVERING, {"source": transaction.source_id, "id": transaction.pk})
        found = cursor.fetchone()
    return EPOCH + timedelta(microseconds=found[1]) if found and found[0] == Kind.ROWS else None
