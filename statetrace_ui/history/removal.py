"""Removes the history of a source, in steps of bounded size: there may be hundreds of millions of rows."""

from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models.signals import pre_delete

from statetrace_ui.history import partitions
from statetrace_ui.history.models import Source

BATCH_ROWS = 5_000
# Rows go before those that they refer to. Each statement ends with the ids of a batch, by the primary key.
TABLES = ("history_action", "history_transaction", "history_session", "history_relation", "history_table")
DELETE = """
DELETE FROM {table} WHERE source_id = %(source)s AND id IN (
    SELECT id FROM {table} WHERE source_id = %(source)s ORDER BY id LIMIT %(rows)s)
"""


def remove_history(source: Source) -> None:
    """Delete all that history has of a source but the source itself. Killed in between, it goes on when called again.

    Each batch is committed by itself, unless the caller has opened a transaction.
    """
    with connection.cursor() as cursor:
        for leaf in partitions.leaves(cursor):
            _empty(cursor, leaf.name, source)
        for table in TABLES:
            _empty(cursor, table, source)


def _empty(cursor: CursorWrapper, table: str, source: Source) -> None:
    while True:
        cursor.execute(DELETE.format(table=table), {"source": source.pk, "rows": BATCH_ROWS})
        if cursor.rowcount < BATCH_ROWS:
            return


def connect() -> None:
    """See that a source is never deleted, not with its organisation either, in one statement for all its rows."""
    pre_delete.connect(_before_a_source, sender=Source, dispatch_uid="history of a source")


def _before_a_source(instance: Source, **_: Any) -> None:
    remove_history(instance)
