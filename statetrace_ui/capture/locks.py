"""Locks that let only one process at a time capture a source."""

import psycopg
from django.db import connection

LOCK = "SELECT pg_try_advisory_lock(hashtextextended('statetrace capture ' || %s, 0))"
UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('statetrace capture ' || %s, 0))"


class SourceLocks:
    """Advisory locks in the dashboard's own database. They last as long as their connection.

    The connection is therefore not taken from the pool.
    """

    def __init__(self) -> None:
        parameters = connection.get_connection_params()
        parameters.pop("pool", None)
        parameters.pop("cursor_factory", None)
        self._connection = psycopg.connect(**parameters, autocommit=True)

    def take(self, source_id: int) -> bool:
        """Whether this process now owns the source. Raises psycopg.Error if the connection is lost."""
        row = self._connection.execute(LOCK, [str(source_id)]).fetchone()
        return bool(row and row[0])

    def release(self, source_id: int) -> None:
        self._connection.execute(UNLOCK, [str(source_id)])

    def check(self) -> None:
        """Raises psycopg.Error if the connection is lost, and all locks with it."""
        self._connection.execute("SELECT 1")

    def close(self) -> None:
        self._connection.close()
