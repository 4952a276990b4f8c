"""Who captures which source: one process each."""

import psycopg
from django.db import connection

LOCK = "SELECT pg_try_advisory_lock(hashtextextended('statetrace capture ' || %s, 0))"
UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('statetrace capture ' || %s, 0))"


class SourceLocks:
    """Session-level locks in our own database: a source is captured by one process at a time.

    They live as long as this connection, which is therefore not one of the pool's.
    """

    def __init__(self) -> None:
        parameters = connection.get_connection_params()
        parameters.pop("pool", None)
        parameters.pop("cursor_factory", None)
        self._connection = psycopg.connect(**parameters, autocommit=True)

    def take(self, source_id: int) -> bool:
        """Whether this process now owns the source. Raises psycopg.Error when the locks are lost."""
        row = self._connection.execute(LOCK, [str(source_id)]).fetchone()
        return bool(row and row[0])

    def give_back(self, source_id: int) -> None:
        self._connection.execute(UNLOCK, [str(source_id)])

    def still_held(self) -> None:
        """Raises psycopg.Error when they are not."""
        self._connection.execute("SELECT 1")

    def close(self) -> None:
        self._connection.close()
