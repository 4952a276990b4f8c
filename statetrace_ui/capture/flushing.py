"""Collects complete transactions, and stores them in a thread of its own while the stream's thread decodes the next.

Both go on at the same time, because the driver waits for the database without holding Python's lock.
"""

import threading
import time
from concurrent.futures import Future

from django.db import connection as history_connection

from statetrace_ui.capture.figures import Meter
from statetrace_ui.history.history_writer import Stored
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store
from statetrace_ui.wal.records import Transaction
from statetrace_ui.wal.spill import ChangeList

FLUSH_ROWS = 20_000
FLUSH_BYTES = 20_000_000


class Batch:
    """The complete transactions that are stored next. oldest_at: when the first of them arrived."""

    def __init__(self) -> None:
        self.transactions: list[Transaction] = []
        self.oldest_at = 0.0
        self._rows = self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self.transactions)

    @property
    def is_full(self) -> bool:
        return self._rows >= FLUSH_ROWS or self._bytes >= FLUSH_BYTES

    def add(self, transaction: Transaction) -> None:
        if not self.transactions:
            self.oldest_at = time.monotonic()
        self.transactions.append(transaction)
        changes = transaction.changes
        self._rows += 1
        if isinstance(changes, ChangeList):
            self._rows += len(changes)
            self._bytes += changes.size


def begin(source: Source, batch: Batch, meter: Meter) -> Future[Stored]:
    """Store the batch in a thread; the result tells of its end. One batch of a source at a time."""
    future: Future[Stored] = Future()

    def run() -> None:
        try:
            future.set_result(_store(source, batch, meter))
        except BaseException as error:
            future.set_exception(error)

    # A daemon, because the process must be able to end while the thread waits. Nothing is lost, as after a kill.
    threading.Thread(target=run, name=f"flush-{source.pk}", daemon=True).start()
    return future


def _store(source: Source, batch: Batch, meter: Meter) -> Stored:
    try:
        with meter.flush(batch.transactions):
            return store(source, batch.transactions)
    finally:
        history_connection.close()
