"""Writes sessions to the store: all sessions of one import in one transaction.

Importing more files for a session adds to it and replaces the same parts: the network exchanges, the issues and the
function call profile each as a whole, measurements by name, labels by id, time series by key. So the same import done
twice leaves the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection, sql

from replica.analyses.writer import write_analyses
from replica.importing import rows
from replica.importing.binary_copy import copy_calls, copy_points
from replica.importing.bundle import Bundle, Metadata, Series, SessionOfAnotherFlow, Tag
from replica.importing.merge import merge_bundles
from replica.importing.progress import Report, ignore_progress
from replica.importing.validate import fit, validate
from replica.schema.statuses import SessionStatus

DESCRIBED = """
SELECT hostname, trim(device_id), device_sku, device_carrier, host_city, host_country
FROM session_metadata WHERE session_id = %s
"""


@dataclass(frozen=True)
class Flow:
    """The user flow that sessions are imported into."""

    user_flow_id: str
    name: str
    description: str = ""


@dataclass(frozen=True)
class NewSession:
    """One session: its files' bundles, and a start and a status that the files cannot know.

    `start` overrides the files. Without a `status` the session keeps the one it has; a new one gets Passed.
    """

    session_id: str
    bundles: tuple[Bundle, ...]
    start: datetime | None = None
    status: SessionStatus | None = None


def write_sessions(
    connection: Connection[Any], flow: Flow, sessions: Sequence[NewSession], progress: Report = ignore_progress
) -> dict[str, Bundle]:
    """Write all sessions or none; the bundles as they were written, by session id.

    ImportFailed if a session belongs to another user flow, or does not fit on one time axis.
    """
    with connection.transaction():
        write_flow(connection, flow)
        # Always in the same order, so that two imports of the same sessions wait for each other without a deadlock.
        ordered = sorted(sessions, key=lambda session: session.session_id)
        return {session.session_id: _write_session(connection, flow, session, progress) for session in ordered}


def write_flow(connection: Connection[Any], flow: Flow) -> None:
    """A flow that is there already is left alone: writing its row would make all its imports follow each other."""
    known = connection.execute("SELECT name, description FROM user_flow WHERE user_flow_id = %s", [flow.user_flow_id])
    if known.fetchone() == (flow.name, flow.description or None):
        return
    connection.execute(
        """
        INSERT INTO user_flow (user_flow_id, name, description, created_ts) VALUES (%s, %s, %s, %s)
        ON CONFLICT (user_flow_id) DO UPDATE SET name = EXCLUDED.name, description = EXCLUDED.description
        """,
        [flow.user_flow_id, flow.name, flow.description or None, rows.timestamp(datetime.now(UTC))],
    )


def _write_session(connection: Connection[Any], flow: Flow, session: NewSession, progress: Report) -> Bundle:
    _next_revision(connection, flow, session.session_id)
    known_start = session.start or _known_start(connection, session.session_id)
    bundle = validate(merge_bundles(session.bundles, known_start))
    start = _write_metadata(connection, flow, session, bundle.metadata)
    _write_standard_tags(connection, flow, session.session_id, bundle.metadata.start)
    for part in rows.keyed_rows(bundle):
        _delete_by_key(connection, session.session_id, part)
        _copy(connection, session.session_id, part)
    for part in rows.whole_rows(bundle):
        _delete(connection, session.session_id, part.table)
        _copy(connection, session.session_id, part)
    _write_points(connection, session.session_id, bundle.series, progress)
    if bundle.profile:
        _delete(connection, session.session_id, "function_call_site")
        copy_calls(connection, session.session_id, bundle.profile.calls, progress)
    _extend(connection, session.session_id, start + timedelta(milliseconds=bundle.extent_ms(start)))
    write_analyses(connection, session.session_id)
    return bundle


def _next_revision(connection: Connection[Any], flow: Flow, session_id: str) -> None:
    """Comes first: its row's lock makes two imports of one session follow each other."""
    owner = connection.execute(
        """
        INSERT INTO bookkeeping.session_revisions AS known (session_id, user_flow_id) VALUES (%s, %s)
        ON CONFLICT (session_id) DO UPDATE SET revision = known.revision + 1, changed_at = now()
        RETURNING user_flow_id::text
        """,
        [session_id, flow.user_flow_id],
    ).fetchone()
    if owner != (flow.user_flow_id,):
        raise SessionOfAnotherFlow(f"session {session_id} belongs to another user flow: choose another --session")


def _known_start(connection: Connection[Any], session_id: str) -> datetime | None:
    """The session's start; None if the time of its first import stands in for it."""
    row = connection.execute(
        """
        SELECT start_time FROM session_metadata JOIN session_tags USING (session_id)
        WHERE session_id = %s AND tag_key = 'start_timestamp'
        """,
        [session_id],
    ).fetchone()
    return row[0].replace(tzinfo=UTC) if row else None


def _write_metadata(connection: Connection[Any], flow: Flow, session: NewSession, metadata: Metadata) -> datetime:
    """Upsert the session's own row; a value that is not known now keeps its old one. Returns the session's start."""
    known = rows.metadata(metadata)
    values = {"session_id": session.session_id, "user_flow_id": flow.user_flow_id} | known
    statement = sql.SQL(
        """
        INSERT INTO session_metadata AS old ({columns}, status, start_time)
        VALUES ({values}, coalesce(%(status)s, %(passed)s), coalesce(%(start)s, %(now)s))
        ON CONFLICT (session_id) DO UPDATE SET {changes},
            status = coalesce(%(status)s, old.status), start_time = coalesce(%(start)s, old.start_time)
        RETURNING start_time
        """
    ).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, values)),
        values=sql.SQL(", ").join(map(sql.Placeholder, values)),
        changes=sql.SQL(", ").join(
            sql.SQL("{0} = coalesce(EXCLUDED.{0}, old.{0})").format(sql.Identifier(name)) for name in known
        ),
    )
    start = rows.timestamp(metadata.start) if metadata.start else None
    times = {"start": start, "now": rows.timestamp(datetime.now(UTC))}
    statuses = {"status": session.status, "passed": SessionStatus.PASSED}
    (stored,) = connection.execute(statement, values | times | statuses).fetchall()
    return stored[0].replace(tzinfo=UTC)  # type: ignore[no-any-return]


def _write_standard_tags(connection: Connection[Any], flow: Flow, session_id: str, start: datetime | None) -> None:
    """What they say is what the session's row holds now, of this import or of an earlier one."""
    (row,) = connection.execute(DESCRIBED, [session_id]).fetchall()
    hostname, device_id, device_sku, carriers, city, country = row
    known = [
        ("user_flow", flow.name),
        ("user_flow_id", flow.user_flow_id),
        ("start_timestamp", start.isoformat() if start else None),
        ("hostname", hostname),
        ("device_id", device_id),
        ("device_sku", device_sku),
        ("geo", ", ".join(filter(None, (city, country)))),
        *(("carrier", carrier.strip()) for carrier in (carriers or "").split(",")),
    ]
    tags = dict.fromkeys(fit(Tag(key, value)) for key, value in known if value)
    connection.execute(
        "DELETE FROM session_tags WHERE session_id = %s AND tag_key = ANY(%s)", [session_id, [tag.key for tag in tags]]
    )
    _copy(connection, session_id, rows.tags(tags))


def _delete(connection: Connection[Any], session_id: str, table: str) -> None:
    connection.execute(
        sql.SQL("DELETE FROM {} WHERE session_id = %s").format(sql.Identifier(table)),
        [session_id],
    )


def _delete_by_key(connection: Connection[Any], session_id: str, part: rows.TableRows) -> None:
    keys = part.columns[: part.keys]
    connection.execute(
        sql.SQL("DELETE FROM {} WHERE session_id = %s AND ({}) IN (SELECT * FROM unnest({}))").format(
            sql.Identifier(part.table),
            sql.SQL(", ").join(map(sql.Identifier, keys)),
            sql.SQL(", ").join([sql.SQL("%s::varchar[]")] * len(keys)),
        ),
        [session_id, *([row[number] for row in part.rows] for number in range(len(keys)))],
    )


def _copy(connection: Connection[Any], session_id: str, part: rows.TableRows) -> None:
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(part.table), sql.SQL(", ").join(map(sql.Identifier, ("session_id", *part.columns)))
    )
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in part.rows:
            copy.write_row((session_id, *row))


def _write_points(connection: Connection[Any], session_id: str, series: Sequence[Series], progress: Report) -> None:
    connection.execute(
        "DELETE FROM session_timeseries_data WHERE session_id = %s AND timeseries_key = ANY(%s)",
        [session_id, [one.key for one in series]],
    )
    for one in series:
        copy_points(connection, session_id, one, progress)


def _extend(connection: Connection[Any], session_id: str, end: datetime) -> None:
    connection.execute(
        "UPDATE session_metadata SET end_time = greatest(end_time, %s) WHERE session_id = %s",
        [rows.timestamp(end), session_id],
    )
