"""Locks that let only one process at a time capture a source."""

import secrets
from typing import Any

import psycopg
from django.db import connection

LOCK = "SELECT pg_try_advisory_lock(hashtextextended('statetrace capture ' || %s, 0))"
UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('statetrace capture ' || %s, 0))"
# The fence stops a process that was suspended while another one took its source: `history/store.py` compares it.
FENCE = """
UPDATE history_source SET fence = fence + 1, held_by = %(key)s
FROM (SELECT id, held_by FROM history_source WHERE id = %(id)s) AS before
WHERE history_source.id = before.id
RETURNING fence, before.held_by
"""
LET_GO = "UPDATE history_source SET held_by = NULL WHERE id = %s AND held_by = %s"
# A connection whose other end has vanished is noticed, and a row that somebody holds is tried again later.
OPTIONS: dict[str, Any] = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "connect_timeout": 10,
}
LOCK_TIMEOUT = "SET lock_timeout = '5s'"


def own_connection(name: str = "statetrace") -> psycopg.Connection[Any]:
    """A connection to the dashboard's own database that is not of the pool, and belongs to no transaction."""
    parameters = connection.get_connection_params()
    parameters.pop("pool", None)
    parameters.pop("cursor_factory", None)
    opened: psycopg.Connection[Any] = psycopg.connect(
        **{**parameters, **OPTIONS, "application_name": name}, autocommit=True
    )
    opened.execute(LOCK_TIMEOUT)
    return opened


class SourceLocks:
    """Advisory locks in the dashboard's own database. They last as long as their connection.

    The connection is therefore not taken from the pool. name: what the server calls it in its list of sessions.
    """

    def __init__(self, name: str = "statetrace") -> None:
        self.connection = own_connection(name)

    def take(self, source_id: int) -> bool:
        """Whether this process now owns the source. Raises psycopg.Error if the connection is lost."""
        row = self.connection.execute(LOCK, [str(source_id)]).fetchone()
        return bool(row and row[0])

    def fence(self, source_id: int, key: int | None = None) -> tuple[int, int | None] | None:
        """Shut out whoever held the source before: its new fence, and the key of the process that had it last.

        None if the source was removed. Call it while the lock is held. key: that of the process that takes it.
        """
        return self.connection.execute(FENCE, {"id": source_id, "key": key}).fetchone()

    def release(self, source_id: int, key: int | None = None) -> None:
        self.connection.execute(LET_GO, [source_id, key])
        self.connection.execute(UNLOCK, [str(source_id)])

    def are_seen_by(self, other: psycopg.Connection[Any]) -> bool:
        """Whether the connection leads to the dashboard's own database: advisory locks are seen in theirs alone."""
        key = secrets.randbits(62)
        self.connection.execute("SELECT pg_advisory_lock(%s::bigint)", [key])
        try:
            row = other.execute("SELECT pg_try_advisory_lock(%s::bigint)", [key]).fetchone()
        finally:
            self.connection.execute("SELECT pg_advisory_unlock(%s::bigint)", [key])
        return row == (False,)

    def close(self) -> None:
        self.connection.close()
