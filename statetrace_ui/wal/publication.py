"""The publication at the audited database, and the slot that reads it.

The publication lists tables one by one, after each was found safe. FOR ALL TABLES would need a superuser, and it
would make UPDATE and DELETE fail in the audited application once somebody creates a table without a primary key. The
price: the worker adds a new table when it next looks (every few seconds), with a
baseline of the rows that the table has by then.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

import psycopg
from psycopg import sql

from statetrace_ui.wal.catalog import Table, inserts_name
from statetrace_ui.wal.connection import Connection, SourceError, connect, connect_for_replication, readable_errors
from statetrace_ui.wal.lsn import parse_lsn

# A new slot waits until all transactions that were running when it was requested have ended.
RUNNING_TRANSACTIONS = """
SELECT format('process %s of %s in %s, open for %s', pid, usename, datname, to_char(now() - xact_start, 'HH24:MI:SS')),
       xact_start
FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
UNION ALL
SELECT format('the prepared transaction %L of %s in %s, prepared at %s (COMMIT PREPARED or ROLLBACK PREPARED ends it)',
              gid, owner, database, to_char(prepared, 'YYYY-MM-DD HH24:MI:SS')), prepared
FROM pg_prepared_xacts
ORDER BY 2 LIMIT 5
"""


FAILOVER_VERSION = 17_00_00


class Snapshot(NamedTuple):
    """The database as all transactions before `lsn` left it. name: for SET TRANSACTION SNAPSHOT."""

    lsn: int
    name: str


def create(connection: Connection, publication: str, tables: Sequence[Table]) -> None:
    """Create the publication, and a second one for annotation tables without a key, which publishes inserts alone.

    An UPDATE or DELETE of such a table would fail in the application if any publication published it.
    """
    keyed = [table for table in tables if not table.publishes_inserts_only]
    _create(connection, publication, keyed)
    create_inserts(connection, publication, [table for table in tables if table.publishes_inserts_only])


def create_inserts(connection: Connection, publication: str, tables: Iterable[Table] = ()) -> None:
    _create(connection, inserts_name(publication), tables, " WITH (publish = 'insert')")


def _create(connection: Connection, publication: str, tables: Iterable[Table], options: str = "") -> None:
    command = sql.SQL("CREATE PUBLICATION {}").format(sql.Identifier(publication))
    members = [_member(table) for table in tables]
    if members:
        command += sql.SQL(" FOR TABLE ") + sql.SQL(", ").join(members)
    command += sql.SQL(options)
    with readable_errors("The publication cannot be created"), short_lock_timeout(connection):
        connection.execute(command)


def oid_of(connection: Connection, publication: str) -> int | None:
    """The publication's id, which no other has, not even one of the same name; None if there is no such publication."""
    query = "SELECT oid::bigint FROM pg_publication WHERE pubname = %s"
    with readable_errors("The publication cannot be looked up"):
        row = connection.execute(query, [publication]).fetchone()
    return row[0] if row else None


def add(connection: Connection, publication: str, table: Table) -> None:
    _alter(connection, publication, "ADD", table)


def remove(connection: Connection, publication: str, table: Table) -> None:
    _alter(connection, publication, "DROP", table)


def _alter(connection: Connection, publication: str, verb: str, table: Table) -> None:
    command = sql.SQL("ALTER PUBLICATION {} {} TABLE {}").format(
        sql.Identifier(publication), sql.SQL(verb), _member(table)
    )
    with readable_errors(f"The publication does not take {table.name}"), short_lock_timeout(connection):
        connection.execute(command)


def _member(table: Table) -> sql.Composed:
    """A partitioned table includes its present and future partitions; tables that inherit are listed by themselves."""
    return sql.SQL("{}" if table.kind == "p" else "ONLY {}").format(table.identifier)


@contextmanager
def short_lock_timeout(connection: Connection) -> Iterator[None]:
    """Publishing locks a table. Where somebody else holds a lock, it must fail soon rather than block all others."""
    connection.execute("SET lock_timeout = '10s'")
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SET lock_timeout = 0")


@contextmanager
def new_slot(url: str, slot: str, temporary: bool = False, failover: bool = False) -> Iterator[Snapshot]:
    """Create the slot, and hold its snapshot inside the `with`. Waits until every running transaction has ended.

    A temporary slot is dropped at the end. failover: whether standbys that synchronise slots take it over, where the
    server can do so. Raises SourceError.
    """
    with connect_for_replication(url) as walsender:
        # Versions 14 and newer all accept the old spelling of the command, which does not know FAILOVER.
        knows_failover = walsender.info.server_version >= FAILOVER_VERSION
        options = "(SNAPSHOT 'export', FAILOVER)" if failover and knows_failover else "EXPORT_SNAPSHOT"
        command = sql.SQL("CREATE_REPLICATION_SLOT {} {} LOGICAL pgoutput {}").format(
            sql.Identifier(slot), sql.SQL("TEMPORARY" if temporary else ""), sql.SQL(options)
        )
        with readable_errors("The replication slot cannot be created"):
            row = walsender.execute(command).fetchone()
        if row is None:
            raise SourceError("The server created the replication slot but did not report where it starts.")
        yield Snapshot(parse_lsn(row[1]), row[2])


def let_fail_over(url: str, slot: str) -> None:
    """Have standbys that synchronise slots take over a slot that was made without that. Raises SourceError."""
    command = sql.SQL("ALTER_REPLICATION_SLOT {} (FAILOVER)").format(sql.Identifier(slot))
    with connect_for_replication(url) as walsender, readable_errors("The replication slot cannot be altered"):
        walsender.execute(command)


def running_transactions(connection: Connection) -> list[str]:
    """The oldest transactions that a new slot would wait for, each described in words; at most five."""
    return [description for description, _ in connection.execute(RUNNING_TRANSACTIONS)]


def remove_all(url: str, slot: str, publication: str) -> None:
    """Drop slot and publication if they exist, so that the server keeps no WAL for us. Raises SourceError."""
    with connect(url) as connection, readable_errors("The replication slot cannot be dropped"):
        query = "SELECT slot_name, active_pid FROM pg_replication_slots WHERE slot_name = %s"
        for name, active in connection.execute(query, [slot]).fetchall():
            if active:
                connection.execute("SELECT pg_terminate_backend(%s, 5000)", [active])
            with suppress(psycopg.errors.UndefinedObject):  # one that was not complete went with its process
                connection.execute("SELECT pg_drop_replication_slot(%s)", [name])
        for name in (publication, inserts_name(publication)):
            connection.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(name)))
