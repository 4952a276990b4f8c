"""Removes counts of short spans that are past their time: longer spans have the same changes."""

from datetime import datetime, timedelta

from django.db import connection

from statetrace_ui.history.rollups.spans import KEPT

PART = 10_000
SPARE = timedelta(days=1)  # a page that was asked for just before reads what it chose
TABLES = ("history_changecount", "history_tablecount")
# In parts: the store waits for no lock for long.
WEED = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM {table} WHERE source_id = %s AND seconds = %s AND at < %s ORDER BY at LIMIT %s
    FOR UPDATE SKIP LOCKED))
"""


def weed(source_id: int, now: datetime) -> None:
    """Remove what no page reads any more; what is counted later of so old a time goes the next time."""
    for table in TABLES:
        for seconds, kept in KEPT.items():
            while _weed_part(table, source_id, seconds, now - kept - SPARE) == PART:
                pass


def _weed_part(table: str, source_id: int, seconds: int, before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(WEED.format(table=table), [source_id, seconds, before, PART])
        removed: int = cursor.rowcount
    return removed
