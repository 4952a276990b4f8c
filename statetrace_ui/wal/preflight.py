"""Checks an audited database before anything is created there. Each finding says what to do about it."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from statetrace_ui.wal import catalog, remedies
from statetrace_ui.wal.catalog import Table
from statetrace_ui.wal.connection import Connection
from statetrace_ui.wal.findings import Finding, Topic

OLDEST_VERSION = 14
MOST_NAMES = 10
# Slots and WAL senders that a source needs: one for the stream, and one for a moment while a new table is read.
NEEDED_PLACES = 2
# SQL that creates the documented table.
ANNOTATION_TABLE = "CREATE TABLE statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json);"

SERVER = """
SELECT current_setting('server_version_num')::int, current_setting('wal_level'), pg_is_in_recovery(), current_user,
       current_database(), has_database_privilege(current_database(), 'CREATE'),
       EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolreplication))
       OR EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_replication' AND pg_has_role(oid, 'MEMBER')),
       current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
       current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_get_wal_senders()),
       current_setting('max_slot_wal_keep_size'), coalesce(current_setting('idle_replication_slot_timeout', true), '0'),
       (SELECT count(*) FROM pg_class WHERE relname = 'statetrace_annotations' AND relkind IN ('r', 'p')),
       (SELECT array_agg(n.nspname || '.' || c.relname ORDER BY 1) FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence = 'u')
"""


# The members of the row differ by the server's version.
SLOT = """
SELECT wal_status, to_jsonb(s) ->> 'failover' FROM pg_replication_slots AS s WHERE slot_name = %s
"""
# The function's forms that everybody may call who may connect.
PUBLIC_MESSAGES = """
SELECT array_agg(p.oid::regprocedure::text ORDER BY 1) FROM pg_proc p
WHERE p.proname = 'pg_logical_emit_message' AND p.pronamespace = 'pg_catalog'::regnamespace
  AND has_function_privilege('public', p.oid, 'EXECUTE')
"""


class Server(NamedTuple):
    """The row of SERVER, with columns in its order."""

    version: int
    wal_level: str
    standby: bool
    role: str
    database: str
    may_create: bool
    may_replicate: bool
    free_slots: int
    free_senders: int
    wal_kept: str
    idle_timeout: str
    annotation_tables: int
    unlogged: list[str] | None


def check(connection: Connection, slot: str, publication: str, messages: bool = False) -> list[Finding]:
    """Everything that prevents capturing this database (fatal), and everything a person should know beforehand.

    messages: whether they count as annotations, so that no table is needed.
    """
    version = connection.info.server_version
    if version < OLDEST_VERSION * 10_000:
        sentence = f"The server runs PostgreSQL {version // 10_000}; capture needs {OLDEST_VERSION} or newer."
        return [Finding(sentence, topic=Topic.VERSION)]
    server = Server(*connection.execute(SERVER).fetchone() or ())
    tables = catalog.tables(connection, publication)
    advice = check_messages(connection) if messages else _check_annotation_table(server)
    return [*_check_server(server), *advice, *_check_names(connection, slot, publication), *check_tables(tables)]


def check_running(connection: Connection, slot: str, publication: str, tables: list[Table]) -> list[Finding]:
    """The same for a database that is captured already by this slot and this publication. tables: those to capture."""
    server = Server(*connection.execute(SERVER).fetchone() or ())
    return [
        *_check_settings(server),
        *_check_slot(connection, slot),
        *_check_publication(connection, publication),
        *check_tables(tables),
        *_advice(server),
    ]


def _check_slot(connection: Connection, slot: str) -> Iterable[Finding]:
    row = connection.execute(SLOT, [slot]).fetchone()
    if row is None:
        yield Finding(f"The replication slot {slot} is gone. The capture worker declares a gap and makes a new one.")
        return
    wal_status, failover = row
    if wal_status == "lost":
        yield Finding(
            f"The server has dropped WAL that the slot {slot} still needed. The capture worker declares a gap and makes"
            " a new slot. Raise max_slot_wal_keep_size to what the disk can spare."
        )
    if wal_status == "unreserved":
        yield Finding(
            f"The server is about to drop WAL that the slot {slot} still needs: start the capture worker now."
        )
    if failover == "false":
        yield Finding(
            f"The slot {slot} is not copied to standbys. The capture worker changes that when it connects next.",
            fatal=False,
        )


def _check_publication(connection: Connection, publication: str) -> Iterable[Finding]:
    for name in (publication, catalog.inserts_name(publication)):
        if not connection.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [name]).fetchone():
            yield Finding(f"The publication {name} is gone. The capture worker declares a gap and makes a new one.")


def _check_server(server: Server) -> Iterable[Finding]:
    yield from _check_settings(server)
    yield from _check_places(server)
    yield from _advice(server)


def _check_settings(server: Server) -> Iterable[Finding]:
    if server.wal_level != "logical":
        yield Finding(
            f"wal_level is {server.wal_level}. Run `ALTER SYSTEM SET wal_level = logical` and restart the server.",
            topic=Topic.WAL_LEVEL,
            statement="ALTER SYSTEM SET wal_level = logical;  -- then restart the server",
        )
    if server.standby:
        yield Finding("The server is a standby. Give the URL of the primary.", topic=Topic.PRIMARY)
    if not server.may_replicate:
        yield Finding(
            f'The role {server.role} may not replicate. A superuser runs `ALTER ROLE "{server.role}" REPLICATION`.',
            topic=Topic.MAY_REPLICATE,
            statement=remedies.replicate(server.role),
        )
    if not server.may_create:
        yield Finding(
            f"The role {server.role} may not create a publication."
            f' Run `GRANT CREATE ON DATABASE "{server.database}" TO "{server.role}"`.',
            topic=Topic.MAY_PUBLISH,
            statement=remedies.publish(server.database, server.role),
        )


def _check_places(server: Server) -> Iterable[Finding]:
    if server.free_slots < NEEDED_PLACES:
        yield Finding(
            f"{server.free_slots} replication slots are free; a source needs {NEEDED_PLACES}. Drop unused"
            " slots, or raise max_replication_slots and restart the server.",
            topic=Topic.SLOTS,
            statement="ALTER SYSTEM SET max_replication_slots = 20;  -- then restart the server",
        )
    if server.free_senders < NEEDED_PLACES:
        yield Finding(
            f"{server.free_senders} WAL senders are free; a source needs {NEEDED_PLACES}. Raise max_wal_senders and"
            " restart the server.",
            topic=Topic.SENDERS,
            statement="ALTER SYSTEM SET max_wal_senders = 20;  -- then restart the server",
        )


def _advice(server: Server) -> Iterable[Finding]:
    if server.wal_kept == "-1":
        yield Finding(
            "max_slot_wal_keep_size is not limited: while capture is down, the server keeps all WAL and its disk may"
            " fill. Set it to what the disk can spare, e.g. `ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'`.",
            False,
            Topic.RETAINED,
            "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB';\nSELECT pg_reload_conf();",
        )
    if server.idle_timeout not in ("0", ""):
        yield Finding(
            f"idle_replication_slot_timeout is {server.idle_timeout}: changes are lost if capture pauses for longer.",
            False,
            Topic.IDLE,
            "ALTER SYSTEM SET idle_replication_slot_timeout = 0;\nSELECT pg_reload_conf();",
        )
    if server.unlogged:
        yield Finding(
            f"Unlogged tables write no WAL and are not captured: {_join_names(server.unlogged)}.",
            False,
            Topic.LOGGED,
        )


def _check_annotation_table(server: Server) -> Iterable[Finding]:
    if not server.annotation_tables:
        yield Finding(
            "There is no table statetrace_annotations, so no change can be attributed to a session."
            f" Create it: `{ANNOTATION_TABLE}`",
            False,
            Topic.ANNOTATIONS,
            ANNOTATION_TABLE,
        )


def check_messages(connection: Connection) -> list[Finding]:
    """Whether anybody may write messages: where they count, anybody could then put a name under what was done."""
    row = connection.execute(PUBLIC_MESSAGES).fetchone()
    if not row or not row[0]:
        return []
    functions = ", ".join(row[0])
    return [
        Finding(
            "Everybody who may connect to the database may write messages, and so name any actor. Leave that to the"
            f" application's role: `REVOKE EXECUTE ON FUNCTION {functions} FROM PUBLIC;"
            f" GRANT EXECUTE ON FUNCTION {functions} TO application_role;`",
            False,
            Topic.ANNOTATIONS,
        )
    ]


def _check_names(connection: Connection, slot: str, publication: str) -> Iterable[Finding]:
    if connection.execute("SELECT 1 FROM pg_replication_slots WHERE slot_name = %s", [slot]).fetchone():
        yield Finding(
            f"A replication slot {slot} exists already. `SELECT pg_drop_replication_slot('{slot}')` drops it.",
            topic=Topic.NAMES,
        )
    if connection.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [publication]).fetchone():
        sentence = f"A publication {publication} exists already. `DROP PUBLICATION {publication}` removes it."
        yield Finding(sentence, topic=Topic.NAMES)


def check_tables(tables: list[Table]) -> list[Finding]:
    """Findings about tables that cannot be published, or whose publication would break the audited application."""
    return [
        Finding(sentence.format(_join_names([table.name for table in bad])), True, topic, remedy(bad))
        for wrong, sentence, topic, remedy in TABLE_RULES
        if (bad := [table for table in tables if wrong(table)])
    ]


def is_safe(table: Table) -> bool:
    return not any(rule.wrong(table) for rule in TABLE_RULES)


def breaks_application(table: Table) -> bool:
    """Whether UPDATE or DELETE would fail in the application while the table is published."""
    return bool(table.lacking) or table.generated_in_identity  # also an annotation table


class TableRule(NamedTuple):
    """What is wrong with a table, the sentence that says so of several, and the statements that mend them."""

    wrong: Callable[[Table], bool]
    sentence: str
    topic: Topic
    remedy: Callable[[Sequence[Table]], str]


TABLE_RULES = [
    TableRule(
        lambda table: bool(table.lacking) and not table.publishes_inserts_only,
        "Publishing tables without a primary key would make their UPDATE and DELETE fail in the application: {}."
        " Add a primary key, or run `ALTER TABLE … REPLICA IDENTITY FULL`.",
        Topic.KEYS,
        remedies.identities,
    ),
    TableRule(
        lambda table: table.generated_in_identity,
        "PostgreSQL 18 refuses UPDATE on published tables whose replica identity has a generated column: {}."
        " Add a primary key without it and run `ALTER TABLE … REPLICA IDENTITY DEFAULT`.",
        Topic.GENERATED,
        remedies.default_identities,
    ),
    TableRule(
        lambda table: not table.owned,
        "Only its owner can publish a table, and these tables have other owners: {}."
        " Grant capture's role membership in the owner: `GRANT owner TO capture_role`.",
        Topic.OWNERS,
        remedies.ownership,
    ),
    TableRule(
        lambda table: not table.readable,
        "The baseline needs to read these tables: {}. Run `GRANT SELECT ON … TO capture_role`.",
        Topic.READABLE,
        remedies.reading,
    ),
]


def _join_names(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"
