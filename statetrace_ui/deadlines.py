"""A deadline on our own side: a server that accepts a connection and then says nothing must not hold a thread."""

from typing import Any

import psycopg
from psycopg import errors

INTERVAL = 0.1  # seconds between two looks at the clock


class DeadlineConnection(psycopg.Connection[Any]):
    """Closes itself when an answer takes longer than `deadline` seconds."""

    deadline: float

    def wait(self, gen: Any, interval: float = INTERVAL, timeout: float | None = None) -> Any:
        """As psycopg's own, with an end. Raises psycopg.OperationalError after the deadline."""
        try:
            return super().wait(gen, interval, self.deadline if timeout is None else timeout)
        except errors._WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server gave no answer in time") from None
