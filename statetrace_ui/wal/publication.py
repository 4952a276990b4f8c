"""The publication at the audited database, and the slot that reads it.

Tables are listed one by one, after each was found safe. FOR ALL TABLES would need a superuser, and it would make UPDATE
and DELETE fail in the audited application the moment somebody creates a table without a primary key. The price: a
new table joins when the worker next looks (every few seconds), with a baseline of what it holds by then.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from psycopg import sql

from statetrace_ui.wal.catalog import Table
from statetrace_ui.wal.connection import CaptureError, Connection, connect, connect_for_replication, readable_errors
from statetrace_ui.wal.protocol import lsn_number

# Who keeps a new slot waiting: it needs a moment at which all transactions that ran before have ended.
RUNNING = """
SELECT pid, usename, datname, to_char(now() - xact_start, 'HH24:MI:SS') FROM pg_stat_activity
WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 5
"""


class Snapshot(NamedTuple):
    """What all transactions before `lsn` have left, and none from `lsn` on; `name` is for SET TRANSACTION SNAPSHOT."""

    lsn: int
    name: str


def create(connection: Connection, publication: str, listed: Iterable[Table]) -> None:
    command = sql.SQL("CREATE PUBLICATION {}").format(sql.Identifier(publication))
    members = [_member(table) for table in listed]
    if members:
        command += sql.SQL(" FOR TABLE ") + sql.SQL(", ").join(members)
    with readable_errors("The publication cannot be created"), waiting_briefly(connection):
        connection.execute(command)


def add(connection: Connection, publication: str, table: Table) -> None:
    _alter(connection, publication, "ADD", table)


def remove(connection: Connection, publication: str, table: Table) -> None:
    _alter(connection, publication, "DROP", table)


def _alter(connection: Connection, publication: str, verb: str, table: Table) -> None:
    command = sql.SQL("ALTER PUBLICATION {} {} TABLE {}").format(
        sql.Identifier(publication), sql.SQL(verb), _member(table)
    )
    with readable_errors(f"The publication does not take {table.name}"), waiting_briefly(connection):
        connection.execute(command)


def _member(table: Table) -> sql.Composed:
    """A partitioned table brings its partitions, present and future; tables that inherit are listed themselves."""
    return sql.SQL("{}" if table.kind == "p" else "ONLY {}").format(table.identifier)


@contextmanager
def waiting_briefly(connection: Connection) -> Iterator[None]:
    """Publishing locks the table for a moment; behind somebody else's lock it must give up, not queue."""
    connection.execute("SET lock_timeout = '10s'")
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SET lock_timeout = 0")


@contextmanager
def new_slot(url: str, slot: str, temporary: bool = False) -> Iterator[Snapshot]:
    """Create the slot; its snapshot can be used inside the `with`. This waits for every transaction then running.

    A temporary slot goes away at the end. The old spelling of the command is what versions 14 and newer share.
    """
    command = sql.SQL("CREATE_REPLICATION_SLOT {} {} LOGICAL pgoutput EXPORT_SNAPSHOT").format(
        sql.Identifier(slot), sql.SQL("TEMPORARY" if temporary else "")
    )
    with connect_for_replication(url) as walsender:
        with readable_errors("The replication slot cannot be created"):
            row = walsender.execute(command).fetchone()
        if row is None:
            raise CaptureError("The server created the replication slot without saying where it starts.")
        yield Snapshot(lsn_number(row[1]), row[2])


def running_transactions(connection: Connection) -> list[str]:
    return [
        f"process {pid} of {user} in {database}, open for {age}"
        for pid, user, database, age in connection.execute(RUNNING)
    ]


def system_identifier(url: str) -> str:
    """Names the server's data folder: another one after a restore into a new folder, or behind a changed address."""
    with connect_for_replication(url) as walsender, readable_errors("The server does not say who it is"):
        row = walsender.execute("IDENTIFY_SYSTEM").fetchone()
    return str(row[0]) if row else ""


def remove_all(url: str, slot: str, publication: str) -> None:
    """Drop slot and publication where they are there, so that the server keeps no WAL for us. Raises CaptureError."""
    with connect(url) as connection, readable_errors("The replication slot cannot be dropped"):
        query = "SELECT slot_name, active_pid FROM pg_replication_slots WHERE slot_name = %s"
        for name, active in connection.execute(query, [slot]).fetchall():
            if active:
                connection.execute("SELECT pg_terminate_backend(%s, 5000)", [active])
            connection.execute("SELECT pg_drop_replication_slot(%s)", [name])
        connection.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(publication)))
