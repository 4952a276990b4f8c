"""What the store holds of a user flow, as lists for programs: a page begins after the last key of the one before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg.rows import DictRow

from replica.editing.store_reading import store_reader

Rows = list[DictRow]

SESSION_COLUMNS: LiteralString = """
session_id::text, trim(user_flow_id) AS user_flow_id, name, description, trim(status) AS status,
start_time AT TIME ZONE 'UTC' AS start_time, end_time AT TIME ZONE 'UTC' AS end_time,
hostname, host_country, host_city, host_lat, host_lng, trim(device_id) AS device_id, device_model, device_sku,
device_carrier, device_os_version, host_os, host_os_version, session_link
"""
WHOLE = f"""
SELECT {SESSION_COLUMNS},
       (SELECT revision FROM bookkeeping.session_revisions AS known WHERE known.session_id = %(session)s) AS revision,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('key', tag_key, 'value', tag_value)
                                  ORDER BY tag_key, tag_value), '[]')
        FROM session_tags AS known WHERE known.session_id = %(session)s) AS tags
FROM session_metadata WHERE session_id = %(session)s
"""  # noqa: S608 - of constants
SESSIONS = f"""
SELECT {SESSION_COLUMNS} FROM session_metadata
WHERE user_flow_id = %(flow)s
  AND (%(at)s::timestamp IS NULL OR (start_time, session_id) < (%(at)s::timestamp, %(id)s::char(36)))
ORDER BY session_metadata.start_time DESC, session_metadata.session_id DESC LIMIT %(limit)s
"""  # noqa: S608
MEASUREMENTS = """
SELECT session_id::text, key_name AS key, key_type AS type, key_units AS units, str_value AS value,
       float_value AS number
FROM performance_measurements JOIN session_metadata USING (session_id)
WHERE user_flow_id = %(flow)s
  AND (session_id, key_name, key_type) > (%(id)s::char(36), %(name)s::varchar, %(type)s::varchar)
  AND (%(session)s::char(36) IS NULL OR session_id = %(session)s) AND (%(key)s::varchar IS NULL OR key_name = %(key)s)
ORDER BY performance_measurements.session_id, key_name, key_type LIMIT %(limit)s
"""
LABELS = """
SELECT session_id::text, trim(label_id) AS label_id, label_type, labels.name, category,
       labels.start_time / 1000 AS start_time, labels.end_time / 1000 AS end_time, data,
       trim(label_group_id) AS label_group_id
FROM session_labels AS labels JOIN session_metadata USING (session_id)
WHERE user_flow_id = %(flow)s AND (session_id, label_id) > (%(id)s::char(36), %(label)s::char(36))
  AND (%(session)s::char(36) IS NULL OR session_id = %(session)s)
ORDER BY labels.session_id, labels.label_id LIMIT %(limit)s
"""


def flow_sessions(flow: str, after: tuple[datetime, str] | None, limit: int) -> Rows:
    """The sessions of the flow, those that began last first. after: start, in UTC without a zone, and id."""
    at, key = after or (None, "")
    return _read(SESSIONS, {"flow": flow, "at": at, "id": key, "limit": limit})


def flow_measurements(
    flow: str, after: tuple[str, str, str], limit: int, session: str | None = None, key: str | None = None
) -> Rows:
    """By session, name and type, which are also what `after` holds."""
    session_id, name, kind = after
    values = {"id": session_id, "name": name, "type": kind, "session": session, "key": key}
    return _read(MEASUREMENTS, {"flow": flow, "limit": limit, **values})


def flow_labels(flow: str, after: tuple[str, str], limit: int, session: str | None = None) -> Rows:
    """By session and id of the label, which are also what `after` holds. Times are seconds."""
    session_id, label = after
    return _read(LABELS, {"flow": flow, "id": session_id, "label": label, "session": session, "limit": limit})


def whole_session(session_id: str) -> tuple[DictRow, Rows] | None:
    """The session with its revision, and its tags; None if the store does not have it."""
    found = _read(WHOLE, {"session": session_id})
    if not found:
        return None
    tags: Rows = found[0].pop("tags")
    return found[0], tags


def _read(statement: LiteralString, values: Mapping[str, Any]) -> Rows:
    with store_reader() as store:
        try:
            return store.execute(statement, values).fetchall()
        except psycopg.errors.UndefinedTable:  # nothing was ever imported
            return []
