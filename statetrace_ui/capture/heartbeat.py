"""Signs of life in the log of a database that is quiet while others of its server write.

A slot moves on only as far as its stream gets. Where the server has nothing of this database to send for long, it may
say nothing either, and keeps the log. A message in the log is sent, needs no table, and changes no row.
"""

import logging
import time

import psycopg

from statetrace_ui.wal.connection import Connection, readable_errors

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 60.0
# A server on which nobody writes needs none; and its own messages must not be its reason.
LEAST_BYTES = 1_000_000
LOG_END = "SELECT (pg_catalog.pg_current_wal_insert_lsn() - '0/0')::bigint"
BEAT = "SELECT pg_catalog.pg_logical_emit_message(false, 'statetrace.heartbeat', '')"


def beat(connection: Connection) -> None:
    """Write the message, or go on where the role may not. Raises SourceError. connection: in autocommit mode.

    The server then writes out its log to the end. A session that goes on reading logs, too, since it tidies up pages,
    and the server may keep that in memory for a quarter of a minute: so long the stream would not get there.
    """
    with readable_errors("The heartbeat cannot be written"):
        try:
            connection.execute(BEAT)
        except psycopg.errors.InsufficientPrivilege as error:
            logger.warning("The heartbeat cannot be written: %s", error.diag.message_primary)


class Heartbeat:
    """Writes a message at each interval in which nothing was heard of this database though the server's log grew.

    connection: to the audited database, in autocommit mode.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._due_at = time.monotonic() + HEARTBEAT_SECONDS
        self._heard = False
        self._log_end = self._read_log_end()

    def heard(self) -> None:
        """For when a transaction of this database has arrived."""
        self._heard = True

    def keep(self) -> None:
        """Write the message if it is time for it. Capture goes on where the role may not. Raises SourceError."""
        if time.monotonic() < self._due_at:
            return
        self._due_at = time.monotonic() + HEARTBEAT_SECONDS
        heard, self._heard = self._heard, False
        before, self._log_end = self._log_end, self._read_log_end()
        if not heard and self._log_end - before >= LEAST_BYTES:
            beat(self._connection)

    def _read_log_end(self) -> int:
        with readable_errors("The server does not say how long its log is"):
            row = self._connection.execute(LOG_END).fetchone()
        return int(row[0]) if row else 0
