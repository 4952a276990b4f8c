"""Reads tables at a place in the stream, and stores them there.

The order of history is the order of the log. So the worker takes a snapshot, receives the transactions up to it,
stores those that the snapshot shows, then the rows read, and then goes on. While rows are read the stream waits, and
the server keeps its log. Nothing is stored of an attempt that fails or is killed; the tables are then read again.
"""

import time
from contextlib import ExitStack
from functools import cached_property

from statetrace_ui.capture.heartbeat import beat
from statetrace_ui.capture.reporting import log_progress
from statetrace_ui.capture.rule_book import ruling_of
from statetrace_ui.capture.table_work import ToRead, Work, publications
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store_reading
from statetrace_ui.wal.connection import Connection, SourceError, connect, readable_errors
from statetrace_ui.wal.readings import Placement, Reading
from statetrace_ui.wal.records import Transaction
from statetrace_ui.wal.shapes import Shape, published_shapes
from statetrace_ui.wal.snapshot import begin, table_rows

# How long, and for how many transactions, the stream may take to reach the snapshot.
PATIENCE_SECONDS = 60.0
MOST_WAITING = 10_000
WAITING = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE NOT l.granted AND l.relation = ANY (%s::oid[])
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
"""


class Attempt:
    """One reading, from its snapshot until it is stored. Raises SourceError if the snapshot cannot be taken."""

    def __init__(self, source: Source, work: Work) -> None:
        self._source = source
        self._work = work.batch()
        self._log = log_progress(source)
        self._began = time.monotonic()
        self._stack = ExitStack()
        self._cancelled = ""
        self.progress = ""
        source.refresh_from_db(fields=["erasures_revision"])
        try:
            self._connection: Connection = self._stack.enter_context(connect(source.url))
            self._pid = self._connection.info.backend_pid
            self._moment = begin(self._connection, [table.shape for table in self._work.read])
            self._tables = self._tables_now()
            with connect(source.url) as another:
                beat(another)
        except BaseException:
            self._stack.close()
            raise
        self._placement = Placement(self._moment.visible, self._oids)
        if self._work.read:
            self._report(f"Reading {_names(self._work)}")

    @cached_property
    def _oids(self) -> set[int]:
        return {table.shape.oid for table in self._work.read}

    def _tables_now(self) -> list[tuple[Shape, ToRead]]:
        """The tables as the snapshot shows them. What was dropped or renamed meanwhile is left to the next look."""
        if not self._oids:
            return []
        names, ruling = publications(self._source), ruling_of(self._source)
        with readable_errors("The tables cannot be listed"):
            shapes = {shape.oid: shape for shape in published_shapes(self._connection, names, ruling)}
        wanted = [(shapes.get(table.shape.oid), table) for table in self._work.read]
        return [(shape, table) for shape, table in wanted if shape and shape.table == table.shape.table]

    # among the transactions of the stream

    @property
    def waits(self) -> bool:
        """Whether transactions wait that come after the snapshot."""
        return bool(self._placement.after)

    def admits(self, transaction: Transaction) -> bool:
        """Whether the transaction is to be stored before what is read; otherwise the attempt keeps it."""
        return self._placement.add(transaction)

    def is_due(self, delivered: int) -> bool:
        return delivered >= self._moment.lsn

    @property
    def is_hopeless(self) -> bool:
        late = time.monotonic() > self._began + PATIENCE_SECONDS
        return self._placement.impossible or late or len(self._placement.after) > MOST_WAITING

    def close(self) -> list[Transaction]:
        """End the snapshot; the transactions that come after it."""
        self._stack.close()
        return self._placement.after

    def store(self) -> None:
        """Read the rows and store them. Raises SourceError if they cannot be read, or if the attempt was cancelled."""
        try:
            store_reading(self._source, self._reading())
        except SourceError as error:
            if self._cancelled:
                raise SourceError(f"{self.progress} It was broken off: {self._cancelled}.") from error
            raise

    def _reading(self) -> Reading:
        after = self._placement.after
        lsn = min(self._moment.lsn, after[0].commit_lsn) if after else self._moment.lsn
        tables = [
            table_rows(self._connection, shape, table.before, table.mode, self._report) for shape, table in self._tables
        ]
        return Reading(lsn, self._moment.read_at, tables, self._work.left, self._work.adopted)

    # from the watch's thread

    def is_in_the_way(self, connection: Connection) -> bool:
        """Whether somebody waits for a lock on one of the tables."""
        row = connection.execute(WAITING, [list(self._oids)]).fetchone()
        return bool(row and row[0])

    def cancel(self, connection: Connection, reason: str) -> None:
        """End the session that reads, and with it its locks, by another session of the same role."""
        self._cancelled = reason
        connection.execute("SELECT pg_catalog.pg_terminate_backend(%s)", [self._pid])

    def _report(self, line: str) -> None:
        self._log(line)
        self.progress = f"{line}. Later changes wait for it."


def _names(work: Work) -> str:
    names = [table.shape.name for table in work.read]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
