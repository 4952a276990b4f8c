"""A session as the store holds it now: what can be edited of it. The store has no Django alias: this is plain SQL."""

from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from psycopg import Connection
from psycopg.rows import class_row

MOST_LABELS = 2_000
# They repeat what stands in the session's own columns, and each import writes them anew.
WRITTEN_BY_IMPORTS = frozenset(
    {"carrier", "device_id", "device_sku", "geo", "hostname", "start_timestamp", "user_flow", "user_flow_id"}
)
SESSION = """
SELECT session_id::text, trim(user_flow_id) AS user_flow_id, coalesce(name, '') AS name,
       coalesce(description, '') AS description, trim(status) AS status,
       (1000 * extract(epoch FROM end_time - start_time))::float8 AS length_ms
FROM session_metadata WHERE session_id = %s
"""
LABEL_COLUMNS = """
trim(label_id) AS id, label_type, name, coalesce(category, '') AS category, start_time AS start_ms, end_time AS end_ms,
coalesce(data, '') AS data, coalesce(trim(label_group_id), '') AS group_id
"""


@dataclass(frozen=True, slots=True)
class StoredSession:
    """length_ms: None where the session has no end."""

    session_id: str
    user_flow_id: str
    name: str
    description: str
    status: str
    length_ms: float | None


@dataclass(frozen=True, slots=True)
class StoredTag:
    key: str
    value: str

    @property
    def may_change(self) -> bool:
        return self.key not in WRITTEN_BY_IMPORTS


@dataclass(frozen=True, slots=True)
class StoredLabel:
    id: str
    label_type: str
    name: str
    category: str
    start_ms: float
    end_ms: float
    data: str
    group_id: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What the editing page shows; `labels` are the first MOST_LABELS in order of time."""

    session: StoredSession
    tags: list[StoredTag]
    labels: list[StoredLabel]


def read_stored(session_id: str) -> Stored | None:
    """The session; None if the store does not have it. Raises psycopg.Error."""
    with psycopg.connect(settings.STORE_URL) as store:
        try:
            session = stored_session(store, session_id)
        except psycopg.errors.UndefinedTable:  # nothing was ever imported
            return None
        return Stored(session, stored_tags(store, session_id), _labels(store, session_id)) if session else None


def stored_session(store: Connection[Any], session_id: str) -> StoredSession | None:
    with store.cursor(row_factory=class_row(StoredSession)) as cursor:
        return cursor.execute(SESSION, [session_id]).fetchone()


def stored_label(store: Connection[Any], session_id: str, label_id: str) -> StoredLabel | None:
    query = f"SELECT {LABEL_COLUMNS} FROM session_labels WHERE session_id = %s AND label_id = %s"  # noqa: S608
    with store.cursor(row_factory=class_row(StoredLabel)) as cursor:
        return cursor.execute(query.encode(), [session_id, label_id]).fetchone()


def stored_tags(store: Connection[Any], session_id: str) -> list[StoredTag]:
    query = "SELECT tag_key AS key, tag_value AS value FROM session_tags WHERE session_id = %s ORDER BY 1, 2"
    with store.cursor(row_factory=class_row(StoredTag)) as cursor:
        return cursor.execute(query, [session_id]).fetchall()


def _labels(store: Connection[Any], session_id: str) -> list[StoredLabel]:
    query = (
        f"SELECT {LABEL_COLUMNS} FROM session_labels WHERE session_id = %s"  # noqa: S608
        f" ORDER BY start_time, end_time, label_id LIMIT {MOST_LABELS}"
    )
    with store.cursor(row_factory=class_row(StoredLabel)) as cursor:
        return cursor.execute(query.encode(), [session_id]).fetchall()
