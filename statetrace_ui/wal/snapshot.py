"""Baselines: every row of the published tables as of one moment in the log, read under that moment's snapshot."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from psycopg import sql
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from statetrace_ui.wal.catalog import published_shapes
from statetrace_ui.wal.connection import Connection, SourceError, readable_errors
from statetrace_ui.wal.publication import Snapshot
from statetrace_ui.wal.records import Change, Relation, Ruling, Transaction, row_change
from statetrace_ui.wal.text import decoded

Report = Callable[[str], None]
PROGRESS_ROWS = 100_000
UNTYPED = 0  # the oid that COPY gives to all its values


def baseline(
    connection: Connection,
    snapshot: Snapshot,
    publication: str,
    report: Report,
    ruling: Ruling,
    only: Collection[int] | None = None,
) -> Transaction:
    """A transaction whose changes are read from the source while they are iterated, once; nothing piles up in memory.

    `connection` is in the snapshot's transaction from here on. only: oids of the tables wanted, else all.
    """
    with readable_errors("The snapshot cannot be used"):
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot.name))
        relations = list(map(ruling, published_shapes(connection, publication)))
    wanted = [relation for relation in relations if relation.stored and (only is None or relation.oid in only)]
    # A commit may start at the very position of the snapshot; one byte before it none can, so the two never collide.
    return Transaction(
        snapshot.lsn - 1, snapshot.lsn, _now(connection), _rows(connection, wanted, report), kind="baseline"
    )


def _now(connection: Connection) -> datetime:
    row = connection.execute("SELECT now()").fetchone()
    if row is None:
        raise SourceError("The audited server did not answer when asked for its time.")
    return row[0]  # type: ignore[no-any-return]


def _rows(connection: Connection, relations: list[Relation], report: Report) -> Iterator[Change]:
    for relation in relations:
        name = f"{relation.schema_name}.{relation.table_name}"
        count = 0
        with readable_errors(f"The baseline of {name} cannot be read"):
            for change in _table(connection, relation):
                yield change
                count += 1
                if count % PROGRESS_ROWS == 0:
                    report(f"{name}: {count:,} rows so far")
        report(f"{name}: {count:,} rows")


def _table(connection: Connection, relation: Relation) -> Iterator[Change]:
    """COPY writes each value by the same output function as the replication stream does."""
    names = [name for name in relation.names if name not in relation.excluded]
    holds_any_bytes = connection.info.parameter_status("server_encoding") == "SQL_ASCII"
    query = sql.SQL("COPY (SELECT {} FROM ONLY {}) TO STDOUT {}").format(
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.Identifier(relation.schema_name, relation.table_name),
        sql.SQL("(ENCODING 'SQL_ASCII')" if holds_any_bytes else ""),
    )
    with connection.cursor() as cursor:
        if holds_any_bytes:
            cursor.adapters.register_loader(UNTYPED, _AnyBytes)
        with cursor.copy(query) as copy:
            for values in copy.rows():
                # A row without columns is read as one empty text.
                yield row_change(relation, "B", new=dict(zip(names, values, strict=bool(names))))


class _AnyBytes(Loader):
    """Reads values as the stream's decoder does."""

    def load(self, data: Buffer) -> str:
        return decoded(bytes(data))
