"""Moves an existing history into partitions: migration 0011.

The old table gets another name, and its rows are copied in batches, each in a transaction of its own that also notes
how far it came and compares what both layouts say of its rows. Killed at any time, it goes on there when `migrate`
is run again. The old table is dropped when all rows are counted in the new one.
"""

import time
from collections.abc import Callable

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history import partitions
from statetrace_ui.history import relayout_sql as sql

BATCH_ROWS = 5_000
REPORT_SECONDS = 5.0
Report = Callable[[str], None]


class CopyDiffers(Exception):
    """Rows were not copied as they are; the old table is untouched, and nothing of the batch was kept."""


def partition_history(report: Report = print) -> None:
    """Whatever of it is not done yet."""
    with connection.cursor() as cursor:
        if not _is_partitioned(cursor):
            _rebuild(cursor)
        for branch in partitions.BRANCHES:
            partitions.ensure(cursor, branch, 0, 0)
        if _exists(cursor, "history_change_before"):
            _copy(cursor, report)
            _finish(cursor, report)


def _rebuild(cursor: CursorWrapper) -> None:
    with transaction.atomic():
        cursor.execute(sql.REBUILD)
        cursor.execute(sql.SINGLE_INDEXES)
        for (index,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {index}")


def _copy(cursor: CursorWrapper, report: Report) -> None:
    cursor.execute(sql.SHAPES)
    every, done = _estimate(cursor), _place(cursor)[1]
    begun, told, before = time.monotonic(), time.monotonic(), done
    while rows := _copy_batch(cursor):
        done += rows
        if time.monotonic() - told > REPORT_SECONDS:
            told = time.monotonic()
            rate = (done - before) / (told - begun)
            report(f"  history: {done:,} of about {every:,} changes are in their partitions, {rate:,.0f} a second.")


def _copy_batch(cursor: CursorWrapper) -> int:
    """Copy the next rows; returns their number, 0 at the end."""
    cursor.execute(sql.BATCH, [_place(cursor)[0], BATCH_ROWS])
    first, last, rows, has_baseline = cursor.fetchone()
    if not rows:
        return 0
    partitions.ensure(cursor, "stream", first, last)
    if has_baseline:
        partitions.ensure(cursor, "baseline", first, last)
    batch = {"first": first, "last": last, "rows": rows}
    with transaction.atomic():
        cursor.execute(sql.UNKNOWN_TABLES, batch)
        cursor.execute(sql.UNKNOWN_COLUMNS, batch)
        if cursor.rowcount:
            cursor.execute(sql.SHAPES)
        cursor.execute(sql.COPY, batch)
        cursor.execute(sql.FIRST_AND_LAST, batch)
        _compare(cursor, batch)
        cursor.execute(sql.PLACE, batch)
    return int(rows)


def _compare(cursor: CursorWrapper, batch: dict[str, int]) -> None:
    cursor.execute(sql.DIGEST_BEFORE, batch)
    before = cursor.fetchone()
    cursor.execute(sql.DIGEST_AFTER, batch)
    after = cursor.fetchone()
    if before != after or before[0] != batch["rows"]:
        raise CopyDiffers(
            f"The changes {batch['first']} to {batch['last']} do not read the same after copying"
            f" ({batch['rows']} rows, {before[0]} understood, {after[0]} copied)."
            " Nothing is lost: history_change_before has all rows. Please report this."
        )


def _finish(cursor: CursorWrapper, report: Report) -> None:
    with transaction.atomic():
        cursor.execute("SELECT count(*) FROM history_change_before")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM history_change")
        after = cursor.fetchone()[0]
        if before != after:
            raise CopyDiffers(f"There were {before} changes, and {after} are in partitions. Nothing is lost yet.")
        cursor.execute("DROP TABLE history_change_before")
        cursor.execute("DROP TABLE history_change_copied")
    if after:
        report(f"  history: all {after:,} changes are in their partitions, compared, and the old table is gone.")
        cursor.execute("ANALYZE history_change")


def _place(cursor: CursorWrapper) -> tuple[int, int]:
    """(last id, number of rows) that were copied."""
    cursor.execute("SELECT id, rows FROM history_change_copied")
    number, rows = cursor.fetchone()
    return number, rows


def _estimate(cursor: CursorWrapper) -> int:
    cursor.execute("SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = 'history_change_before'::regclass")
    return int(cursor.fetchone()[0])


def _is_partitioned(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT relkind = 'p' FROM pg_class WHERE oid = 'history_change'::regclass")
    return bool(cursor.fetchone()[0])


def _exists(cursor: CursorWrapper, table: str) -> bool:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
    return bool(cursor.fetchone()[0])
