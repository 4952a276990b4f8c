"""One moment of an audited database, which short transactions share to read its tables slice by slice.

The session that keeps the moment holds no lock on a table, and the others hold theirs for about a second each. So an
application that wants to alter a table waits no longer than that, and what was altered meanwhile is not compared.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from statetrace_ui.capture.heartbeat import beat
from statetrace_ui.wal.connection import Connection, connect, readable_errors
from statetrace_ui.wal.lsn import parse_lsn
from statetrace_ui.wal.readings import Visible
from statetrace_ui.wal.records import Ruling
from statetrace_ui.wal.shapes import Shape, published_shapes
from statetrace_ui.wal.snapshot import LOCK_TIMEOUT, MOMENT, end_of_records

POSITION = "SELECT pg_catalog.pg_current_wal_insert_lsn()::text"
# What tells of two alterations that undo each other: each writes the rows of the catalogue anew.
MARKS = """
SELECT c.oid::bigint, pg_catalog.concat_ws(' ', c.relfilenode, c.xmin, (
    SELECT pg_catalog.string_agg(a.xmin::text, ',' ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0))
FROM pg_catalog.pg_class c WHERE c.oid = ANY (%s::oid[])
"""


@dataclass(frozen=True)
class Moment:
    """The snapshot's place in the log. since: a position just before it. lsn: all that it shows ended before that."""

    since: int
    lsn: int
    visible: Visible
    read_at: datetime


@dataclass(frozen=True)
class Seen:
    """A table as it was seen at one time: equal if nothing about it was altered in between."""

    shape: Shape
    marks: str

    def is_same(self, now: "Seen | None") -> bool:
        return now is not None and self.marks == now.marks and self.shape.as_json() == now.shape.as_json()


class SharedSnapshot:
    """The moment, kept until the `with` ends. Raises SourceError.

    tables: those to be read, by oid; one that somebody alters right now is in `locked` instead.
    """

    def __init__(self, url: str, shapes: Sequence[Shape], publications: Sequence[str], ruling: Ruling) -> None:
        self._url = url
        self._publications, self._ruling = publications, ruling
        self.locked: list[Shape] = []
        self._stack = ExitStack()
        try:
            self._keeper = self._stack.enter_context(connect(url))
            self._readers = self._stack.enter_context(connect(url))
            self._readers.execute(sql.SQL("SET lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
            with readable_errors("The tables cannot be read"):
                self._begin(list(shapes))
                self.tables = self._seen(self._keeper, [shape.oid for shape in shapes])
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> "SharedSnapshot":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def server_encoding(self) -> str:
        return self._keeper.info.parameter_status("server_encoding") or ""

    def _begin(self, shapes: list[Shape]) -> None:
        """Locks come before the snapshot, which would show a table that is rewritten now as empty, and go after it."""
        run = self._keeper.execute
        run(sql.SQL("SET lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
        run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        run("SAVEPOINT locks")
        while not self._lock(shapes):
            run("ROLLBACK TO SAVEPOINT locks")
        since = self._readers.execute(POSITION).fetchone()
        row = run(MOMENT).fetchone()
        run("ROLLBACK TO SAVEPOINT locks")
        run("RELEASE SAVEPOINT locks")  # a snapshot cannot be shared from within one
        name = run("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        if since is None or row is None or name is None:
            raise psycopg.OperationalError("the server does not answer")
        self._name: str = name[0]
        beat(self._readers)  # history is waited for up to here
        self.moment = Moment(parse_lsn(since[0]), end_of_records(parse_lsn(row[1])), Visible(row[0]), row[2])

    def _lock(self, shapes: list[Shape]) -> bool:
        """Whether all were locked; one that cannot be is taken out."""
        for shape in shapes:
            name = sql.Identifier(*shape.table)
            try:
                self._keeper.execute(sql.SQL("LOCK TABLE ONLY {} IN ACCESS SHARE MODE").format(name))
            except (psycopg.errors.LockNotAvailable, psycopg.errors.UndefinedTable):
                shapes.remove(shape)
                self.locked.append(shape)
                return False
        return True

    def _seen(self, connection: Connection, oids: Sequence[int]) -> dict[int, Seen]:
        shapes = {shape.oid: shape for shape in published_shapes(connection, self._publications, self._ruling)}
        marks: dict[int, str] = dict(connection.execute(MARKS, [list(oids)]).fetchall())
        return {oid: Seen(shapes[oid], marks[oid]) for oid in oids if oid in shapes and oid in marks}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A short transaction that sees the moment. Raises the driver's errors: LockNotAvailable after 3 seconds."""
        connection = self._readers
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(self._name))
            yield connection
        finally:
            connection.execute("ROLLBACK")

    def is_unaltered(self, oid: int) -> bool:
        """Whether the table is now as the snapshot shows it: only then was it read right."""
        with readable_errors("The tables cannot be listed"):
            now = self._seen(self._readers, [oid])
        return oid in self.tables and self.tables[oid].is_same(now.get(oid))
