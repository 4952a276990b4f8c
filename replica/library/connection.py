"""A connection for one statement that somebody wrote: read-only, with an end that the statement cannot move.

It is in no pool: whatever a statement sets for its session ends with it. The role may only SELECT; that is the
boundary. Beside it the transaction is read-only, also for functions that run with their owner's rights.
"""

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from replica.databases import identity
from replica.databases.deadlines import DeadlineConnection
from replica.databases.models import Replica
from replica.databases.server import CONNECT_TIMEOUT, LIVELINESS, connect
from statetrace_ui.deadlines import INTERVAL

GRACE_SECONDS = 2  # the server's own limit says better what happened, so ours comes a little later
APPLICATION = "statetrace-sql-"
STARTED = "SELECT pid, backend_start FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()"
END = (
    "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = %s AND backend_start = %s"
)
# Not pg_cancel_backend: that is lost where the process is between two statements.
CANCEL = "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE application_name = %s"


class TimedConnection(DeadlineConnection):
    """Closes itself at a moment of the monotonic clock, however much arrives until then."""

    ends_at = 0.0

    def wait(self, gen: Any, interval: float = INTERVAL, timeout: float | None = None) -> Any:
        left = max(0.001, self.ends_at - time.monotonic())
        return super().wait(gen, interval, left if timeout is None else min(left, timeout))


@dataclass(frozen=True)
class Backend:
    """A process of the replica's server, told from a later one of the same number by when it began."""

    pid: int
    started: Any


@contextmanager
def reading_connection(replica: Replica, seconds: float, token: str) -> Iterator[TimedConnection]:
    """A connection in a read-only transaction. `token` names it for `cancel`; afterwards nothing of it runs on.

    Raises psycopg.Error, BadAddress, or OwnDatabase where an address that somebody entered leads to a database of ours.
    """
    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{round(seconds * 1000)}ms",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "60s",
        "datestyle": "ISO",
    }
    connection = TimedConnection.connect(
        replica.reading_url,
        connect_timeout=CONNECT_TIMEOUT,
        application_name=f"{APPLICATION}{token}",
        options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
        **LIVELINESS,
    )
    connection.ends_at = time.monotonic() + seconds + GRACE_SECONDS
    backend = None
    try:
        connection.read_only = True
        backend = Backend(*connection.execute(STARTED).fetchone() or (0, None))
        if not replica.owner_url:
            with connection.cursor() as cursor:
                identity.require_foreign(identity.ask(cursor))
        yield connection
    finally:
        is_over = not connection.closed and connection.info.transaction_status != psycopg.pq.TransactionStatus.ACTIVE
        connection.close()
        if backend and not is_over:
            _end(replica, backend)


def cancel(replica: Replica, token: str) -> int:
    """End the statement that runs under the token; how many there were. Raises psycopg.Error, BadAddress."""
    with connect(replica.owner_url or replica.reading_url) as server:
        return len(server.execute(CANCEL, [f"{APPLICATION}{token}"]).fetchall())


def _end(replica: Replica, backend: Backend) -> None:
    """End a statement that goes on although we have hung up: its server may notice that only when it has a row."""
    with contextlib.suppress(psycopg.Error), connect(replica.owner_url or replica.reading_url) as server:
        server.execute(END, [backend.pid, backend.started])
