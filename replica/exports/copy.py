"""Copies a user flow's sessions from one database of the replica's schema to another: whole sessions or nothing.

Connections are plain psycopg ones: rows are streamed from COPY to COPY in binary and never held.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from replica.exports.options import Options
from replica.schema.models import ReplicaModel

Connection = psycopg.Connection[Any]
Version = tuple[int, datetime]  # how often a session was imported, and when it was imported last

REVISIONS = "SELECT session_id::text, revision, changed_at FROM bookkeeping.session_revisions WHERE user_flow_id = %s"
# For a source without bookkeeping, which somebody else keeps: sessions that were updated there go unnoticed.
PRESENT = """
SELECT session_id::text, 1::bigint, coalesce(start_time, 'epoch') AT TIME ZONE 'UTC' FROM session_metadata
WHERE user_flow_id = %s
"""
# The newest sessions, and those that began in the last days; a session without a start counts as old, but not as late.
WITHIN_LIMITS = """
SELECT session_id::text FROM session_metadata
WHERE user_flow_id = %(flow)s AND (
    %(days)s::int IS NULL OR start_time IS NULL
    OR start_time >= now() AT TIME ZONE 'UTC' - %(days)s::int * interval '1 day')
ORDER BY start_time DESC NULLS LAST, session_id LIMIT %(newest)s
"""
OWNER = "SELECT trim(user_flow_id) FROM bookkeeping.session_revisions WHERE session_id = %s"
HAS_BOOKKEEPING = "SELECT 1 FROM pg_namespace WHERE nspname = 'bookkeeping' AND has_schema_privilege(oid, 'USAGE')"
REMEMBER = """
INSERT INTO bookkeeping.session_revisions (session_id, user_flow_id, revision, changed_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (session_id) DO UPDATE
SET user_flow_id = EXCLUDED.user_flow_id, revision = EXCLUDED.revision, changed_at = EXCLUDED.changed_at
"""
DESCRIBE = """
INSERT INTO user_flow (user_flow_id, name, description, created_ts) VALUES (%s, %s, %s, %s)
ON CONFLICT (user_flow_id) DO UPDATE
SET name = EXCLUDED.name, description = EXCLUDED.description, created_ts = EXCLUDED.created_ts
"""


TELL_BYTES = 1 << 20
WRITE_BYTES = 1 << 16
OnBytes = Callable[[str, int], None]  # gets a table, and how many more bytes of it were sent
CLAIMS = 0x5748  # the first of the two keys of each advisory lock on a flow


class FlowIsBusy(psycopg.OperationalError):
    """Another process is writing this user flow to the replica."""


class ForeignSession(Exception):
    """A session of the source has the id of another flow's session in the target."""


@dataclass(frozen=True)
class Difference:
    """The ids of the sessions that a copy would write (again) and erase; `len()` counts both."""

    to_write: list[str]
    to_erase: list[str]

    def __len__(self) -> int:
        return len(self.to_write) + len(self.to_erase)


@cache
def session_tables() -> dict[str, list[str]]:
    """Every table that is keyed by session with its columns: {"session_metadata": ["session_id", …], …}."""
    columns = {
        model._meta.db_table: [field.column for field in model._meta.concrete_fields if field.column]
        for model in ReplicaModel.__subclasses__()
    }
    return {table: names for table, names in columns.items() if "session_id" in names}


def versions(connection: Connection, flow_id: str) -> dict[str, Version]:
    """The flow's sessions in that database: {session id: version}."""
    rows = connection.execute(_revisions(connection), [flow_id]).fetchall()
    return {session: (revision, changed_at) for session, revision, changed_at in rows}


def version_of(connection: Connection, flow_id: str, session_id: str) -> Version | None:
    """The version of one session of the flow; None if the database does not have it."""
    query = f"{_revisions(connection)} AND session_id = %s"
    row = connection.execute(query, [flow_id, session_id]).fetchone()
    return row and row[1:]


def wanted_versions(source: Connection, flow_id: str, options: Options) -> dict[str, Version]:
    """The versions of the sessions that a copy is to hold."""
    originals = versions(source, flow_id)
    if not options.is_limited:
        return originals
    limits = {"flow": flow_id, "days": options.keep_days, "newest": options.keep_newest}
    kept = {session for (session,) in source.execute(WITHIN_LIMITS, limits).fetchall()}
    return {session: version for session, version in originals.items() if session in kept}


def difference(source: Connection, target: Connection, flow_id: str, options: Options) -> Difference:
    """How the target's copy of the flow differs from what it is to hold of the source."""
    originals, copies = wanted_versions(source, flow_id, options), versions(target, flow_id)
    return Difference(
        to_write=[session for session, version in originals.items() if copies.get(session) != version],
        to_erase=[session for session in copies if session not in originals],
    )


def claim(dashboard: Connection, flow_id: str) -> None:
    """Become the only writer of the flow while this connection to the dashboard's own database lives.

    Not in the replica: its readers may take any lock there. Raises FlowIsBusy if another process is writing.
    """
    row = dashboard.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [CLAIMS, flow_id]).fetchone()
    if not (row and row[0]):
        raise FlowIsBusy("another sync of this user flow is still writing")


def copy_again(target: Connection, flow_id: str, sessions: Sequence[str] | None = None) -> None:
    """Make the next sync copy sessions of the flow, or all, whatever the target holds of them."""
    target.execute(
        "UPDATE bookkeeping.session_revisions SET revision = 0"
        " WHERE user_flow_id = %(flow)s AND (%(sessions)s::text[] IS NULL OR session_id = ANY(%(sessions)s))",
        {"flow": flow_id, "sessions": None if sessions is None else list(sessions)},
    )


def count_rows(connection: Connection, sessions: Sequence[str], tables: Iterable[str]) -> dict[tuple[str, str], int]:
    """{(session, table): rows} of each session and each of the tables that has rows of it."""
    count = "SELECT session_id::text, {}, count(*) FROM {} WHERE session_id = ANY(%(sessions)s) GROUP BY session_id"
    counts = [sql.SQL(count).format(table, sql.Identifier(table)) for table in session_tables() if table in tables]
    rows = connection.execute(sql.SQL(" UNION ALL ").join(counts), {"sessions": list(sessions)}).fetchall()
    return {(session.strip(), table): number for session, table, number in rows}


def copy_description(source: Connection, target: Connection, flow_id: str) -> None:
    """Bring the flow's row of `user_flow` up to date, or remove it if the source has none."""
    columns = "SELECT user_flow_id, name, description, created_ts FROM user_flow WHERE user_flow_id = %s"
    row = source.execute(columns, [flow_id]).fetchone()
    if row:
        target.execute(DESCRIBE, row)
    else:
        target.execute("DELETE FROM user_flow WHERE user_flow_id = %s", [flow_id])


def copy_session(
    source: Connection,
    target: Connection,
    flow_id: str,
    session_id: str,
    tables: Collection[str],
    on_bytes: OnBytes = lambda *_: None,
    guarded: bool = False,
) -> dict[str, int]:
    """Replace the target's session by the source's in one transaction. Returns {table: rows written}.

    `source` reads under one snapshot, so it sees all or nothing of an import that happens meanwhile. guarded: the
    target is also written for others, so a session that is another flow's there stays. Raises ForeignSession then.
    """
    source.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with source.transaction(), target.transaction():
        version = version_of(source, flow_id, session_id)
        if guarded:
            _require_own(target, flow_id, session_id)
        erase_rows(target, session_id)
        if version is None:
            target.execute("DELETE FROM bookkeeping.session_revisions WHERE session_id = %s", [session_id])
            return {}
        target.execute(REMEMBER, [session_id, flow_id, *version])
        return _copy_rows(source, target, session_id, tables, on_bytes)


def _require_own(target: Connection, flow_id: str, session_id: str) -> None:
    owner = target.execute(OWNER, [session_id]).fetchone()
    if owner and owner[0] != flow_id:
        raise ForeignSession(
            f"The target holds another user flow's session of the id {session_id}, so this one was not copied."
        )


def erase_session(target: Connection, flow_id: str, session_id: str) -> None:
    """Remove a session that left the flow, unless it belongs to another flow by now."""
    forget = "DELETE FROM bookkeeping.session_revisions WHERE session_id = %s AND user_flow_id = %s"
    with target.transaction():
        if target.execute(forget, [session_id, flow_id]).rowcount:
            erase_rows(target, session_id)


def _revisions(connection: Connection) -> LiteralString:
    return REVISIONS if connection.execute(HAS_BOOKKEEPING).fetchone() else PRESENT


def erase_rows(target: Connection, session_id: str) -> None:
    """Erase in one statement: most sessions are small, so a round trip for each of fifteen tables would take longer."""
    deletes = [
        sql.SQL("{} AS (DELETE FROM {} WHERE session_id = {})").format(
            sql.Identifier(f"from_{table}"), sql.Identifier(table), session_id
        )
        for table in session_tables()
    ]
    target.execute(sql.SQL("WITH {} SELECT 1").format(sql.SQL(", ").join(deletes)))


def _copy_rows(
    source: Connection, target: Connection, session_id: str, tables: Collection[str], on_bytes: OnBytes
) -> dict[str, int]:
    return {
        table: _copy_table(source, target, table, session_id, on_bytes)
        for table in _tables_with_rows(source, session_id)
        if table in tables
    }


def _tables_with_rows(source: Connection, session_id: str) -> list[str]:
    looks = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {} WHERE session_id = {})").format(
            table, sql.Identifier(table), session_id
        )
        for table in session_tables()
    ]
    return [table for (table,) in source.execute(sql.SQL(" UNION ALL ").join(looks)).fetchall()]


def _copy_table(source: Connection, target: Connection, table: str, session_id: str, on_bytes: OnBytes) -> int:
    columns = sql.SQL(", ").join(map(sql.Identifier, session_tables()[table]))
    parts = {"table": sql.Identifier(table), "columns": columns}
    select = sql.SQL("SELECT {columns} FROM {table} WHERE session_id = {id}").format(id=session_id, **parts)
    reader, writer = source.cursor(), target.cursor()
    size = told = 0
    with (
        reader.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(select)) as rows,
        writer.copy(sql.SQL("COPY {table} ({columns}) FROM STDIN (FORMAT binary)").format(**parts)) as into,
    ):
        gathered = bytearray()
        for row in rows:  # a message each: written one by one they would take as long again
            gathered += row
            if len(gathered) < WRITE_BYTES:
                continue
            size += len(gathered)
            into.write(bytes(gathered))
            gathered.clear()
            if size - told >= TELL_BYTES:
                on_bytes(table, size - told)
                told = size
        size += len(gathered)
        into.write(bytes(gathered))
    on_bytes(table, size - told)
    return writer.rowcount
