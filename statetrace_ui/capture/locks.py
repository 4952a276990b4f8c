"""Locks that let only one process at a time capture a source."""

import secrets
from typing import Any

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

    def are_seen_by(self, other: psycopg.Connection[Any]) -> bool:
        """Whether the connection leads to the dashboard's own database: advisory locks are seen in theirs alone."""
        key = secrets.randbits(62)
        self._connection.execute("SELECT pg_advisory_lock(%s::bigint)", [key])
        try:
            row = other.execute("SELECT pg_try_advisory_lock(%s::bigint)", [key]).fetchone()
        finally:
            self._connection.execute("SELECT pg_advisory_unlock(%s::bigint)", [key])
        return row == (False,)

    def check(self) -> None:
        """Raises psycopg.Error if the connection is lost, and all locks with it."""
        self._connection.execute("SELECT 1")

    def close(self) -> None:
        self._connection.close()
