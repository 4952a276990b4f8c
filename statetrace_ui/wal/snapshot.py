"""Tables as of one moment in the log, read under that moment's snapshot."""

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from psycopg import sql
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from statetrace_ui.wal.connection import Connection, SourceError, readable_errors
from statetrace_ui.wal.lsn import parse_lsn
from statetrace_ui.wal.publication import Snapshot
from statetrace_ui.wal.readings import Mode, TableRows, Visible
from statetrace_ui.wal.records import Change, Ruling, Transaction, row_change
from statetrace_ui.wal.shapes import Shape, published_shapes
from statetrace_ui.wal.text import decoded

Report = Callable[[str], None]
PROGRESS_ROWS = 100_000
EVERY_ROW = sql.SQL("true")
UNTYPED = 0  # the oid that COPY gives to all its values
# The reader stands in a queue behind a migration and before everybody else: it must not stand there for long.
LOCK_TIMEOUT = "3s"
# After the last record of a page the log goes on behind the next page's header, of which a reader hears nothing.
PAGE_BYTES, PAGE_HEADER_BYTES = 8192, 40
MOMENT = """
SELECT pg_catalog.pg_current_snapshot()::text, pg_catalog.pg_current_wal_insert_lsn()::text,
       pg_catalog.clock_timestamp()
"""


class Moment(NamedTuple):
    """A snapshot's place. lsn: every transaction that the snapshot shows ends at or before it."""

    visible: Visible
    lsn: int
    read_at: datetime


def baseline(
    connection: Connection, snapshot: Snapshot, publications: Sequence[str], report: Report, ruling: Ruling
) -> Transaction:
    """A transaction whose changes are read from the source while they are iterated, once; nothing piles up in memory.

    `connection` is in the snapshot's transaction from here on.
    """
    read_at = use_snapshot(connection, snapshot)
    shapes = published_shapes(connection, publications, ruling)
    # A commit may start at the very position of the snapshot; one byte before it none can, so the two never collide.
    changes = _all_rows([table_rows(connection, shape, None, Mode.NEW, report) for shape in shapes])
    return Transaction(snapshot.lsn - 1, snapshot.lsn, read_at, changes, kind="baseline")


def _all_rows(tables: Sequence[TableRows]) -> Iterator[Change]:
    for table in tables:
        yield row_change(table.shape.relation, "S")
        yield from table.rows()


def use_snapshot(connection: Connection, snapshot: Snapshot) -> datetime:
    """Begin a transaction with a slot's snapshot; the server's time. Raises SourceError."""
    with readable_errors("The snapshot cannot be used"):
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot.name))
        row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
    if row is None:
        raise SourceError("The audited server did not answer when asked for its time.")
    return row[0]  # type: ignore[no-any-return]


def begin(connection: Connection, tables: Sequence[Shape]) -> Moment:
    """Lock the tables against being altered, and take a snapshot, until the connection ends. Raises SourceError.

    The locks come first: an older snapshot would show a table that is rewritten now as empty. A slot is not needed,
    which would wait for all transactions of the server: the ids that the snapshot shows tell its place in the stream.
    """
    with readable_errors("The tables cannot be read"):
        connection.execute(sql.SQL("SET lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if tables:
            names = sql.SQL(", ").join(sql.SQL("ONLY ") + sql.Identifier(*shape.table) for shape in tables)
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
        row = connection.execute(MOMENT).fetchone()
    if row is None:
        raise SourceError("The audited server did not answer when asked for its position.")
    return Moment(Visible(row[0]), end_of_records(parse_lsn(row[1])), row[2])


def end_of_records(insert_lsn: int) -> int:
    """Where the last record ends, if the next one will be written at `insert_lsn`."""
    behind = insert_lsn % PAGE_BYTES
    return insert_lsn - behind if behind <= PAGE_HEADER_BYTES else insert_lsn


def table_rows(connection: Connection, shape: Shape, before: Shape | None, mode: Mode, report: Report) -> TableRows:
    """The rows of a table in the connection's transaction, read when they are iterated."""
    rows = partial(_rows, connection, shape, report)
    return TableRows(shape, before, mode, rows, partial(_with_writers, connection, shape))


def _rows(connection: Connection, shape: Shape, report: Report) -> Generator[Change, None, None]:
    count = 0
    for values in _copy(connection, shape, _columns(shape)):
        yield _row(shape, values)
        count += 1
        if count % PROGRESS_ROWS == 0:
            report(f"{shape.name}: {count:,} rows so far")
    report(f"{shape.name}: {count:,} rows")


def _with_writers(connection: Connection, shape: Shape) -> Generator[tuple[Change, int], None, None]:
    columns = [*_columns(shape), sql.SQL("xmin")]
    for *values, xid in _copy(connection, shape, columns):
        yield _row(shape, values), int(xid or 0)


def _columns(shape: Shape) -> list[sql.Composable]:
    return [sql.Identifier(name) for name in _names(shape)]


def _names(shape: Shape) -> list[str]:
    """The columns whose values are read: rules may exclude some."""
    return [name for name in shape.relation.names if name not in shape.relation.excluded]


def _row(shape: Shape, values: Sequence[str | None]) -> Change:
    names = _names(shape)
    # A row without columns is read as one empty text.
    return row_change(shape.relation, "B", new=dict(zip(names, values, strict=bool(names))))


def rows_where(connection: Connection, shape: Shape, condition: sql.Composable) -> Iterator[tuple[Change, str]]:
    """The rows of a part of a table, each with its address within the snapshot."""
    for *values, place in _copy(connection, shape, [*_columns(shape), sql.SQL("ctid")], condition):
        yield _row(shape, values), place or ""


def _copy(
    connection: Connection, shape: Shape, columns: Sequence[sql.Composable], condition: sql.Composable = EVERY_ROW
) -> Iterator[tuple[str | None, ...]]:
    """COPY writes each value by the same output function as the replication stream does."""
    holds_any_bytes = connection.info.parameter_status("server_encoding") == "SQL_ASCII"
    query = sql.SQL("COPY (SELECT {} FROM ONLY {} WHERE {}) TO STDOUT {}").format(
        sql.SQL(", ").join(columns),
        sql.Identifier(*shape.table),
        condition,
        sql.SQL("(ENCODING 'SQL_ASCII')" if holds_any_bytes else ""),
    )
    with readable_errors(f"The baseline of {shape.name} cannot be read"), connection.cursor() as cursor:
        if holds_any_bytes:
            cursor.adapters.register_loader(UNTYPED, _AnyBytes)
        with cursor.copy(query) as copy:
            yield from copy.rows()


class _AnyBytes(Loader):
    """Reads values as the stream's decoder does."""

    def load(self, data: Buffer) -> str:
        return decoded(bytes(data))
