"""The capture processes that are alive, on this machine and others: how they know of each other, and of deaths.

A process says every second that it is alive, by the clock of the dashboard's database, and holds a lock as long as its
connection lasts. One whose lock is gone has died. One that has said nothing for SILENT_SECONDS is suspended or cut off:
its sessions are ended, which frees its locks and undoes what it was writing. What it does when it wakes up is refused
by the fence of its sources.
"""

import os
import secrets
import socket
from typing import Any

import psycopg
from django.db import connection as django_connection

from statetrace_ui.capture.locks import SourceLocks
from statetrace_ui.capture.sharing import Held, Names
from statetrace_ui.history.models import Source
from statetrace_ui.wal import connection as source_connections
from statetrace_ui.wal.connection import connect, readable_errors

SILENT_SECONDS = 15.0
# Whoever was silent so long himself, as when the database stood still, first lets the others speak.
OWN_SILENT_SECONDS = 5.0

JOIN = """
INSERT INTO capture_process (key, host, pid, names, started_at, beat_at)
VALUES (%s, %s, %s, %s, clock_timestamp(), clock_timestamp())
"""
BEAT = """
UPDATE capture_process SET beat_at = clock_timestamp()
FROM (SELECT key, beat_at FROM capture_process WHERE key = %(key)s) AS before
WHERE capture_process.key = before.key
RETURNING extract(epoch FROM clock_timestamp() - before.beat_at)::float8
"""
OTHERS = """
SELECT process.key, process.host, process.pid, process.names, lock.key IS NOT NULL AS connected,
       extract(epoch FROM clock_timestamp() - process.beat_at)::float8 AS silent
FROM capture_process AS process
LEFT JOIN (
    SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS lock USING (key)
WHERE process.key <> %s
"""
FORGET = "DELETE FROM capture_process WHERE key = %s AND beat_at <= clock_timestamp() - make_interval(secs => %s)"
END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = %s AND usename = current_user AND pid <> pg_backend_pid()
"""
WANTED = """
SELECT id, name, held_by FROM history_source WHERE url <> '' AND status <> 'stopped' ORDER BY id
"""


class TakenForDead(Exception):
    """Another process found this one silent, and has taken its sources."""

    def __init__(self) -> None:
        super().__init__("This process was silent for so long that its sources were given to others; it begins anew.")


def name_of(key: int) -> str:
    """What sessions of the process are called, in its own database and in audited ones."""
    return f"statetrace {key:016x}"


class Membership:
    """This process among the capture processes. names: of the sources that it is for; none: for all.

    All methods raise psycopg.Error if the connection is lost, and with it all locks.
    """

    def __init__(self, names: Names) -> None:
        self.key = secrets.randbits(62)
        self._names = names
        self.locks = SourceLocks(name_of(self.key))
        self._naming = _Naming()
        self._naming.set(name_of(self.key))
        self._connection = self.locks.connection
        # The lock first: a row without its lock is that of a dead process.
        self._connection.execute("SELECT pg_advisory_lock(%s::bigint)", [self.key])
        row = [self.key, socket.gethostname()[:255], os.getpid(), sorted(names)]
        self._connection.execute(JOIN, row)

    def look(self) -> tuple[dict[int, Names], list[Held]]:
        """Say that this process is alive; the live processes, and the sources that are to be captured.

        Raises TakenForDead.
        """
        row = self._connection.execute(BEAT, {"key": self.key}).fetchone()
        if row is None:
            raise TakenForDead
        live = self._live_others(may_judge=row[0] < OWN_SILENT_SECONDS)
        sources = [Held(*source) for source in self._connection.execute(WANTED).fetchall()]
        return {**live, self.key: self._names}, sources

    def _live_others(self, may_judge: bool) -> dict[int, Names]:
        live = {}
        for key, _, _, names, connected, silent in self._connection.execute(OTHERS, [self.key]).fetchall():
            if not connected:
                self._forget(key, 0.0)
            elif silent > SILENT_SECONDS and may_judge:
                self._forget(key, SILENT_SECONDS)
            else:
                live[key] = frozenset(names)
        return live

    def _forget(self, key: int, silent: float) -> None:
        """Remove a dead process, unless it has spoken meanwhile, and end what is left of its sessions."""
        if self._connection.execute(FORGET, [key, silent]).rowcount:
            end_sessions(self._connection, key)

    def leave(self) -> None:
        self._connection.execute("DELETE FROM capture_process WHERE key = %s", [self.key])

    def close(self) -> None:
        """All locks are gone with it."""
        self.locks.close()
        self._naming.reset()


def end_sessions(connection: psycopg.Connection[Any], key: int) -> None:
    """End the sessions of a process on this server, which may hold locks while it sleeps."""
    connection.execute(END_SESSIONS, [name_of(key)])


def end_former(source: Source, former: int | None) -> None:
    """End the sessions that the process which held the source before still has at the audited database.

    One that sleeps would keep the slot, and locks on tables. Raises SourceError.
    """
    if former is None:
        return
    with connect(source.url) as connection, readable_errors("The sessions of another process cannot be ended"):
        end_sessions(connection, former)


class _Naming:
    """Names the connections that this process opens, and puts back what was there."""

    def __init__(self) -> None:
        self._options = django_connection.settings_dict["OPTIONS"]
        self._before = self._options.get("application_name")

    def set(self, name: str) -> None:
        source_connections.name_connections(name)
        self._options["application_name"] = name
        self._close_pool()

    def reset(self) -> None:
        source_connections.name_connections(source_connections.APPLICATION_NAME)
        self._options.pop("application_name")
        if self._before:
            self._options["application_name"] = self._before
        self._close_pool()

    def _close_pool(self) -> None:
        """The connections that it holds have the former name."""
        if self._options.get("pool"):
            django_connection.close()
            django_connection.close_pool()  # type: ignore[attr-defined]
