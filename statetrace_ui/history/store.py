"""The only writer of history: stores whole transactions of a source together with the position reached, all or nothing.

Storing is idempotent: a transaction that ends at or before the source's stored position is skipped. A stream that sends
transactions again, after a crash of either side, therefore doubles nothing.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.history.history_writer import HistoryWriter, Stored
from statetrace_ui.history.late_actions import write_annotations
from statetrace_ui.history.models import Source
from statetrace_ui.history.refusals import EraEnded, HistoryErased, NoRoom, RulesChanged, Superseded
from statetrace_ui.history.relation_writer import RelationWriter
from statetrace_ui.history.resync import Comparison, alteration
from statetrace_ui.wal import records
from statetrace_ui.wal.readings import Mode, Reading, TableRows
from statetrace_ui.wal.shapes import Shape
from statetrace_ui.wal.spill import ChangeList

FLUSH_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('statetrace history flush', 0))"
LEAST_COMMIT_BYTES = 24
LOCKED = "SELECT position, rules_revision, era, fence FROM history_source WHERE id = %s FOR NO KEY UPDATE"


def store(source: Source, transactions: Iterable[records.Transaction]) -> Stored:
    """Write the transactions, given in commit order, in one transaction of ours, and advance `source.position`.

    Raises RulesChanged if they were read under other column rules than those that hold now, EraEnded if a gap was
    declared meanwhile. Calls for different sources wait for each other: ids become visible in their own order, which
    live views count on.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FLUSH_LOCK)
        position = _locked_position(cursor, source)
        fresh = [item for item in transactions if item.end_lsn > position]
        if not fresh:
            return Stored()
        chain = ChainWriter(cursor, source.pk)
        stored = HistoryWriter(cursor, source.pk, chain).write(fresh)
        chain.extend()
        _advance(cursor, source, fresh[-1].end_lsn)
    source.position = fresh[-1].end_lsn
    return stored


def store_baseline(source: Source, baseline: records.Transaction) -> Stored:
    """Write the first baseline, of any size, in one transaction of ours, and set the source's position.

    Raises RulesChanged as `store` does.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        chain = ChainWriter(cursor, source.pk)
        stored = HistoryWriter(cursor, source.pk, chain).write([baseline])
        _locked_position(cursor, source)
        chain.extend()
        _advance(cursor, source, baseline.end_lsn)
    source.position = baseline.end_lsn
    return stored


def store_gap(cursor: CursorWrapper, source_id: int, era: int, since_at: datetime) -> int:
    """Write the entry of a gap, the first row of an era, in the caller's transaction; the id of its change."""
    cursor.execute(FLUSH_LOCK)
    entry = records.Transaction(0, 0, since_at, [records.row_change(records.NO_TABLE, "G")], kind="gap")
    chain = ChainWriter(cursor, source_id)
    HistoryWriter(cursor, source_id, chain, era).write([entry])
    chain.extend()
    query = "SELECT first_change FROM history_transaction WHERE (source_id, era, kind) = (%s, %s, 'gap')"
    cursor.execute(query, [source_id, era])
    return int(cursor.fetchone()[0])


def store_reading(source: Source, reading: Reading) -> Stored:
    """Write what was read of tables in one transaction of ours, with the shapes of the tables and the position.

    Everything that the stream sent of the time before the reading must be stored, and nothing of the time after it.
    Reading may take hours, so rows that lists do not show are written without waiting for calls of `store`, and
    differences are collected before. Only their writing makes other sources wait. Raises as `store` does, and
    HistoryErased.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        first_lsn = _free_lsn(cursor, source, reading.lsn)
        chain = ChainWriter(cursor, source.pk)
        stored = _write_reading(cursor, source, chain, reading, first_lsn)
        _locked_position(cursor, source)
        _refuse_if_erased(source)
        chain.extend()
        source.tables = _tables_after(source.tables, reading)
        source.save(update_fields=["tables"])
        _advance(cursor, source, reading.lsn)
    source.position = max(source.position, reading.lsn)
    return stored


def store_corrections(source: Source, read_at: datetime, corrections: Callable[[CursorWrapper], ChangeList]) -> Stored:
    """Write corrections of single rows behind all that is stored, as a resynchronisation. The position stays.

    corrections: called while nothing else is stored, so that it can leave out what was stored in the meantime. Raises
    NoRoom if there is no place left before the next commit, HistoryErased, and RulesChanged as `store` does.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FLUSH_LOCK)
        position = _locked_position(cursor, source)
        _refuse_if_erased(source)
        lsn = _free_lsn(cursor, source, position)
        changes = corrections(cursor)
        if not changes:
            return Stored()
        if lsn >= position:
            raise NoRoom(source)
        chain = ChainWriter(cursor, source.pk)
        found = records.Transaction(lsn, lsn + 1, read_at, changes, kind="resync")
        stored = HistoryWriter(cursor, source.pk, chain).write([found])
        chain.extend()
    return stored


def _write_reading(cursor: CursorWrapper, source: Source, chain: ChainWriter, reading: Reading, lsn: int) -> Stored:
    new = [table for table in reading.tables if table.mode == Mode.NEW]
    with closing(_new_rows(new)) as changes:
        rows = records.Transaction(lsn, lsn + 1, reading.read_at, changes, kind="baseline")
        stored = HistoryWriter(cursor, source.pk, chain).write([rows]) if new else Stored()
    differences = ChangeList()
    differences.extend(_table_changes(cursor, source, reading))
    for table in reading.tables:
        if table.mode == Mode.ANNOTATIONS:
            with closing(table.with_writers()) as annotations_found:
                write_annotations(cursor, source.pk, chain, reading.read_at, annotations_found)
    shapes = [*reading.adopted, *(table.shape for table in reading.tables)]
    RelationWriter(cursor, source.pk, chain).places([shape.relation for shape in shapes])
    if not differences:
        return stored
    cursor.execute(FLUSH_LOCK)
    found = records.Transaction(lsn + 1, lsn + 2, reading.read_at, differences.finished(), kind="resync")
    return HistoryWriter(cursor, source.pk, chain).write([found])


def _new_rows(tables: Iterable[TableRows]) -> Generator[records.Change, None, None]:
    for table in tables:
        yield records.row_change(table.shape.relation, "S")
        with closing(table.rows()) as rows:
            yield from rows


def _table_changes(cursor: CursorWrapper, source: Source, reading: Reading) -> Iterator[records.Change]:
    """What is said of whole tables, and the rows that differ.

    Tables that left are left out if another table has their name now: its own beginning says the same.
    """
    begun = {table.shape.table for table in reading.tables if table.mode == Mode.NEW}
    for shape in reading.left:
        if shape.table not in begun:
            yield records.row_change(shape.relation, "E")
    for shape in reading.adopted:
        if altered := alteration(shape, Shape.from_json(source.tables[str(shape.oid)]), {}):
            yield altered
    for table in reading.tables:
        if table.mode == Mode.COMPARE:
            yield from Comparison(cursor, source.pk, table).differences()


def _tables_after(tables: dict[str, Any], reading: Reading) -> dict[str, Any]:
    left = {str(shape.oid) for shape in reading.left}
    shapes = [*reading.adopted, *(table.shape for table in reading.tables)]
    kept = {oid: table for oid, table in tables.items() if oid not in left}
    return {**kept, **{str(shape.oid): shape.as_json() for shape in shapes}}


def _free_lsn(cursor: CursorWrapper, source: Source, lsn: int) -> int:
    """A position for what was read: after all stored transactions, and before any commit that starts at `lsn`.

    A commit record is longer than LEAST_COMMIT_BYTES, so there is room for several readings before the next one.
    """
    query = "SELECT max(commit_lsn) FROM history_transaction WHERE source_id = %s AND era = %s"
    cursor.execute(query, [source.pk, source.era])
    row = cursor.fetchone()
    return max(lsn - LEAST_COMMIT_BYTES, (row[0] or 0) + 1 if row else 1)


def _locked_position(cursor: CursorWrapper, source: Source) -> int:
    """Lock the source, so that its rules and its holder stay as they are until our transaction ends.

    Raises Source.DoesNotExist if it was removed in the meantime, Superseded if another process holds it, RulesChanged
    if its rules were changed, EraEnded if a gap was declared.
    """
    cursor.execute(LOCKED, [source.pk])
    row = cursor.fetchone()
    if row is None:
        raise Source.DoesNotExist(f"The source {source} was removed.")
    if row[3] != source.fence:
        raise Superseded(source)
    if row[1] != source.rules_revision:
        raise RulesChanged(source)
    if row[2] != source.era:
        raise EraEnded(source)
    return int(row[0])


def _refuse_if_erased(source: Source) -> None:
    """Raises HistoryErased if an erasure has begun or ended since the source was loaded. Its row is locked."""
    if not Source.objects.filter(pk=source.pk, erasures_revision=source.erasures_revision).exists():
        raise HistoryErased(source)


def advance(source: Source, position: int) -> None:
    """Count everything before `position` as stored, because no change was in it. A position never goes back.

    Raises Superseded if another process holds the source, or if it was removed. Nothing happens if a gap was declared
    meanwhile: the position is one of an era that has ended.
    """
    with connection.cursor() as cursor:
        _advance(cursor, source, position)
    source.position = max(source.position, position)


def set_back(source: Source, position: int) -> None:
    """Count what follows `position` as not stored. Nothing that is stored may end after it."""
    held = Source.objects.filter(pk=source.pk, era=source.era, fence=source.fence)
    held.filter(position__gt=position).update(position=position)
    source.position = min(source.position, position)


def _advance(cursor: CursorWrapper, source: Source, position: int) -> None:
    cursor.execute(
        "UPDATE history_source SET position = GREATEST(position, %s), seen_at = now()"
        " WHERE id = %s AND era = %s AND fence = %s",
        [position, source.pk, source.era, source.fence],
    )
    if not cursor.rowcount and not Source.objects.filter(pk=source.pk, fence=source.fence).exists():
        raise Superseded(source)
