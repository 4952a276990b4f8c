"""Removes a source: its slot and publication at the server, and here its address, or all of its history too.

Each step can be made again, so a removal that was killed is simply begun anew.
"""

from collections.abc import Callable, Iterator

from django.db import connection, transaction

from statetrace_ui.capture import sources
from statetrace_ui.history import partitions
from statetrace_ui.history.models import Source

IDS_AT_ONCE = 50_000
ROWS_AT_ONCE = 20_000
# What may have very many rows; the rest goes with the source's own row. Children stand before what they name.
LARGE_TABLES = (
    "history_action",
    "history_session",
    "history_rownote",
    "history_chainlink",
    "history_keptrow",
    "history_erasedkey",
    "history_transaction",
)
FIRST_ID = "SELECT min(id) FROM {table} WHERE source_id = %s"
DELETE_IDS = "DELETE FROM {table} WHERE source_id = %s AND id >= %s AND id < %s"
DELETE_SOME = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE source_id = %s LIMIT %s))
"""
Count = Callable[[int], None]


def remove(source: Source, *, deletes_history: bool, gone: bool, count: Count = lambda _: None) -> None:
    """Disconnect the source and, if that is wanted, delete its history for good.

    gone: whether the server is gone for good, so that what is left there does not matter. count: told of deleted rows.
    Raises SourceError.
    """
    if source.has_database:
        sources.disconnect(source.name, source.organisation, gone=gone)
        source.refresh_from_db()
    if deletes_history:
        with sources.held(source):
            for rows in _deleted(source.pk):
                count(rows)
            source.delete()


def _deleted(source_id: int) -> Iterator[int]:
    """Delete the large tables' rows in pieces, each in a transaction of its own; yields how many a piece had."""
    with connection.cursor() as cursor:
        names = [leaf.name for leaf in partitions.leaves(cursor)]
    for name in names:
        yield from _delete_by_ids(name, source_id)
    for name in LARGE_TABLES:
        yield from _delete_by_places(name, source_id)


def _delete_by_ids(table: str, source_id: int) -> Iterator[int]:
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(FIRST_ID.format(table=table), [source_id])
            first = cursor.fetchone()[0]
            if first is None:
                return
            cursor.execute(DELETE_IDS.format(table=table), [source_id, first, first + IDS_AT_ONCE])
            rows = cursor.rowcount
        yield rows


def _delete_by_places(table: str, source_id: int) -> Iterator[int]:
    rows = ROWS_AT_ONCE
    while rows:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(DELETE_SOME.format(table=table), [source_id, ROWS_AT_ONCE])
            rows = cursor.rowcount
        yield rows
