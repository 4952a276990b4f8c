"""What only a capture worker knows of its source, in one row for each source, written with the worker's reports.

Counts since the last report are added to the row, so that no flush writes anything of its own. A worker that is killed
loses the counts of its last two seconds; history itself is exact.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from django.db import connection as history_connection

from statetrace_ui.wal import records
from statetrace_ui.wal.connection import Connection

logger = logging.getLogger(__name__)
RETAINED = """
SELECT pg_wal_lsn_diff(
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn)::bigint
FROM pg_replication_slots WHERE slot_name = %s
"""
ADD = """
INSERT INTO capture_figures AS kept
    (source_id, transactions, rows, flushes, flush_seconds, errors, lag_seconds, retained_wal, reported_at)
SELECT id, %(transactions)s, %(rows)s, %(flushes)s, %(flush_seconds)s, 0, %(lag_seconds)s, %(retained_wal)s, now()
FROM history_source WHERE id = %(source_id)s AND fence = %(fence)s
ON CONFLICT (source_id) DO UPDATE SET
    transactions = kept.transactions + excluded.transactions, rows = kept.rows + excluded.rows,
    flushes = kept.flushes + excluded.flushes, flush_seconds = kept.flush_seconds + excluded.flush_seconds,
    lag_seconds = excluded.lag_seconds, retained_wal = excluded.retained_wal, reported_at = excluded.reported_at
"""
COUNT_ERROR = """
INSERT INTO capture_figures AS kept (source_id, transactions, rows, flushes, flush_seconds, errors)
SELECT id, 0, 0, 0, 0, 1 FROM history_source WHERE id = %s
ON CONFLICT (source_id) DO UPDATE SET errors = kept.errors + 1
"""


@dataclass
class _Counts:
    """Since the last report. lag_seconds: of the oldest transaction in the latest flush, when it was stored."""

    transactions: int = 0
    rows: int = 0
    flushes: int = 0
    flush_seconds: float = 0.0
    lag_seconds: float = 0.0


class Meter:
    """Counts what a worker does with its source."""

    def __init__(self, source_id: int, fence: int, slot_name: str) -> None:
        self._source_id, self._fence, self._slot_name = source_id, fence, slot_name
        self._counts = _Counts()
        self._idle_at = time.monotonic()
        self._retained: int | None = None

    @contextmanager
    def flush(self, transactions: Sequence[records.Transaction]) -> Iterator[None]:
        """Time what stores the transactions, and count them if it succeeds."""
        began = time.monotonic()
        yield
        counts = self._counts
        counts.flushes += 1
        counts.flush_seconds += time.monotonic() - began
        if transactions:
            counts.lag_seconds = max(0.0, (datetime.now(UTC) - transactions[0].committed_at).total_seconds())

    def stored(self, transactions: int, rows: int) -> None:
        self._counts.transactions += transactions
        self._counts.rows += rows

    def look(self, catalog: Connection) -> None:
        """Ask the audited server how much of its log it keeps for the slot. Unknown is better than no capture."""
        try:
            row = catalog.execute(RETAINED, [self._slot_name]).fetchone()
        except psycopg.Error as error:
            logger.warning("Source %d: the log that its slot keeps cannot be measured: %s", self._source_id, error)
            row = None
        self._retained = row[0] if row else None

    def report(self, idle: bool) -> None:
        """Add the counts to the source's row. idle: whether everything that the server has sent is stored."""
        counts, self._counts = self._counts, _Counts()
        if idle:
            self._idle_at = time.monotonic()
        lag = counts.lag_seconds if idle else max(counts.lag_seconds, time.monotonic() - self._idle_at)
        row = vars(counts) | {"lag_seconds": lag, "retained_wal": self._retained}
        with history_connection.cursor() as cursor:
            cursor.execute(ADD, row | {"source_id": self._source_id, "fence": self._fence})


def count_error(source_id: int) -> None:
    """Count a failure after which a worker begins again."""
    with history_connection.cursor() as cursor:
        cursor.execute(COUNT_ERROR, [source_id])
