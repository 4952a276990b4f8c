"""Watches a sync while it copies: tells how far it is, and ends statements that nobody waits for any more."""

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from replica.databases.server import Connection, connect, own_urls
from replica.exports.models import SyncRun

logger = logging.getLogger(__name__)
LOOK_EACH = 0.5  # seconds
LOOK = f"SELECT cancelled_by <> '' FROM {SyncRun._meta.db_table} WHERE id = %s"  # noqa: S608
# Whoever holds the row is writing more than this.
TELL = f"""
UPDATE {SyncRun._meta.db_table} SET current = %(current)s
WHERE id = (SELECT id FROM {SyncRun._meta.db_table} WHERE id = %(run)s FOR UPDATE SKIP LOCKED)
"""  # noqa: S608


class Cancelled(Exception):
    """Somebody asked for the end of the run. What it has committed stays."""


class Progress:
    """What a run is copying, as another thread reads it."""

    def __init__(self) -> None:
        self.session = self.table = ""
        self.bytes = 0

    def begin(self, session: str) -> None:
        self.session, self.table, self.bytes = session, "", 0

    def on_bytes(self, table: str, size: int) -> None:
        self.table = table
        self.bytes += size

    def done(self) -> None:
        self.begin("")

    @property
    def told(self) -> dict[str, str | int]:
        return {"session": self.session, "table": self.table, "bytes": self.bytes} if self.session else {}


@contextmanager
def watched(run: SyncRun, ends: Sequence[Connection]) -> Iterator[Progress]:
    """Within this the run's row says what is copied, and statements of `ends` end when the run is cancelled.

    Raises Cancelled in place of what then fails.
    """
    watch = _Watch(run, ends)
    watch.start()
    try:
        yield watch.progress
    except psycopg.Error:
        watch.end()
        if watch.is_cancelled:
            raise Cancelled from None
        raise
    finally:
        watch.end()
    if watch.is_cancelled:
        raise Cancelled


class _Watch(threading.Thread):
    def __init__(self, run: SyncRun, ends: Sequence[Connection]) -> None:
        super().__init__(daemon=True, name=f"watch-{run.pk}")
        self.run_id, self.ends = run.pk, ends
        self.progress = Progress()
        self.is_cancelled = False
        self._over = threading.Event()

    def end(self) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        try:
            with connect(own_urls()[0]) as dashboard:
                while not self._over.wait(LOOK_EACH):
                    self._look(dashboard)
        except psycopg.Error:
            logger.warning("The sync goes on, but nobody watches whether it is cancelled", exc_info=True)

    def _look(self, dashboard: Connection) -> None:
        row = dashboard.execute(LOOK.encode(), [self.run_id]).fetchone()
        self.is_cancelled = bool(row and row[0])
        if self.is_cancelled:
            for end in self.ends:
                end.cancel_safe(timeout=5)
            return
        dashboard.execute(TELL.encode(), {"run": self.run_id, "current": json.dumps(self.progress.told)})
