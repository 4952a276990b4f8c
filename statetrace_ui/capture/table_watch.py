"""Watches for tables that are created, dropped or altered during capture, in a thread beside the worker.

The watch keeps the publication up to date and finds out what must be read. The worker reads, since what is read has
its place among the transactions of the stream (see `table_reader.py`). So neither a long transaction nor a long
reading keeps the watch from taking a table out of the publication before its updates fail in the application.
"""

import logging
import threading
import time

from django.db import connection as history_connection
from django.utils import timezone

from statetrace_ui.capture.failures import described
from statetrace_ui.capture.references import keep_foreign_keys
from statetrace_ui.capture.reporting import RUNNING, told
from statetrace_ui.capture.source_check import check_source
from statetrace_ui.capture.table_reader import Attempt
from statetrace_ui.capture.table_work import Work, Writers, find_work, update_publications
from statetrace_ui.history.models import Source
from statetrace_ui.wal import catalog_counters
from statetrace_ui.wal.connection import Connection, connect, readable_errors

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
READING_LOOK_SECONDS = 1.0  # while a table is read, so that a migration which waits for it goes on soon
# A look that takes longer is only repeated when the catalogue has changed, and once in LONGEST_SECONDS at least.
CHEAP_SECONDS = 0.05
LONGEST_SECONDS = 60.0
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 600.0  # after a reading that failed or gave way


class TableWatch:
    """Looks at the tables every few seconds, and at once after `look_now`. It runs in a thread inside a `with`."""

    def __init__(self, source_id: int) -> None:
        self._source_id = source_id
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._work: Work | None = None
        self._attempt: Attempt | None = None
        # Odd from when the worker takes work until that is done or has failed. What a look found counts only if no turn
        # came meanwhile: the worker may have read those tables by now.
        self._turns = 0
        self._connection: Connection | None = None
        self._writers = Writers()
        self._notices: list[str] = []
        self._check_due = False
        self._failure = ""
        self._pause = PAUSE_SECONDS
        self._read_after = 0.0
        self._looked_at, self._cost, self._counters = 0.0, 0.0, ""

    # for the worker

    def notices(self) -> str:
        """What people should know about tables now, as one text; '' if there is nothing."""
        attempt = self._attempt
        reading = [attempt.progress] if attempt else []
        return " ".join(filter(None, [*reading, self._failure, *self._notices]))

    def migrated(self) -> None:
        """For when an application has announced a migration: look at once, and check the source as a whole."""
        self._check_due = True
        self.look_now()

    def look_now(self) -> None:
        self._looked_at = 0.0
        self._wake.set()

    def take_work(self, delivered: int) -> Work | None:
        """What can be done now that the stream has delivered everything before a position; None if nothing."""
        with self._lock:
            work = self._work
            if work is None or work.as_of > delivered or time.monotonic() < self._read_after:
                return None
            self._work = None
            self._turns += 1
        return work

    def started(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._wake.set()

    def done(self) -> None:
        self._end_turn()
        self._attempt, self._failure, self._pause = None, "", PAUSE_SECONDS
        self.look_now()

    def failed(self, reason: str) -> None:
        """Read again after a pause, which grows."""
        logger.warning("Source %d: %s", self._source_id, reason)
        self._end_turn()
        self._attempt, self._failure = None, reason
        self._read_after = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        self._looked_at = 0.0

    def _end_turn(self) -> None:
        with self._lock:
            self._turns += 1

    # the thread

    def __enter__(self) -> "TableWatch":
        self._wake.set()
        # A daemon, because the process must be able to end while the thread waits for a lock.
        threading.Thread(target=self._run, name=f"tables-{self._source_id}", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._wake.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wake.wait(READING_LOOK_SECONDS if self._attempt else LOOK_SECONDS)
            self._wake.clear()
            if not self._ended.is_set():
                self._try_to_look()
        self._close()

    def _try_to_look(self) -> None:
        try:
            if self._attempt:
                self._look_after(self._attempt)
            self._look()
            if self._check_due:
                self._check_due = False
                check_source(Source.objects.get(pk=self._source_id))
        except Source.DoesNotExist:
            self._ended.set()
        except Exception as error:
            logger.warning("Source %d: %s", self._source_id, described(error))
            self._notices = [told(error)[0]]
            self._close()
        finally:
            history_connection.close()

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _look(self) -> None:
        turns = self._turns
        source = Source.objects.get(pk=self._source_id)
        if self._connection is None or self._connection.closed:
            self._connection = connect(source.url)
        with readable_errors("The tables cannot be listed"):
            if self._has_nothing_new(self._connection):
                return
            began = time.monotonic()
            self._look_at_all(self._connection, source, turns)
        self._looked_at = time.monotonic()
        self._cost = self._looked_at - began

    def _has_nothing_new(self, connection: Connection) -> bool:
        """Whether the last look still holds; asked only where looks are not cheap."""
        if self._cost < CHEAP_SECONDS or self._work or time.monotonic() > self._looked_at + LONGEST_SECONDS:
            return False
        before, self._counters = self._counters, catalog_counters.read(connection)
        return bool(before) and before == self._counters

    def _look_at_all(self, connection: Connection, source: Source, turns: int) -> None:
        """turns: how many there were when the source was loaded."""
        findings = update_publications(connection, source)
        work = find_work(connection, source)
        waiting = self._writers.waited_for(connection, work.read)
        ready = [table for table in work.read if table.shape.oid not in waiting]
        todo = Work(work.as_of, work.left, work.adopted, ready)
        with self._lock:
            if turns % 2 == 0 and turns == self._turns:
                self._work = todo or None
        names = {table.shape.oid: table.shape.name for table in work.read}
        self._notices = [*findings, *(_waits(names[oid], writers) for oid, writers in waiting.items())]
        keep_foreign_keys(connection, source)

    def _look_after(self, attempt: Attempt) -> None:
        """Report that capture is alive, and give way to whoever waits for a table that is read."""
        if self._connection is None or self._connection.closed:
            return
        reported = RUNNING.filter(pk=self._source_id).update(error=self.notices(), seen_at=timezone.now())
        if not reported:
            attempt.cancel(self._connection, "the source was stopped")
        elif attempt.is_in_the_way(self._connection):
            attempt.cancel(self._connection, "it gave way to somebody who wants to alter a table")


def _waits(name: str, writers: list[str]) -> str:
    return f"{name} is read once those have ended who wrote to it before it was published: {'; '.join(writers)}."
