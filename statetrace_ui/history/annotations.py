"""Rows of an audited application's `statetrace_annotations` table, understood. Pure; nothing in a row can make it fail.

Three shapes are in the wild: the documented one (id, kind, meta, payload), the same with a uuid and a timestamp beside
and an empty payload for migrations, and one that has every field in a column of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from statetrace_ui.wal.records import Row, capped_key

TABLE_NAME = "statetrace_annotations"
# An index entry holds some 2,700 bytes: a longer text would be refused, and capture would stand still.
MOST_BYTES = 1_000
MOST_PAYLOAD_CHARACTERS = 20_000
SESSION_FIELDS = {
    "actor_id": "session_actor_id",
    "actor_full_name": "session_actor_full_name",
    "actor_email": "session_actor_email",
    "actor_avatar": "session_actor_avatar",
    "client_user_agent": "session_client_user_agent",
    "application_id": "session_application_id",
    "application_type": "session_application_type",
}
ACTION_FIELDS = {
    "url": "action_url",
    "method": "action_method",
    "version": "action_version",
}


@dataclass(frozen=True, slots=True)
class SessionAnnotation:
    """fields: of the Session model; meta, payload: JSON texts that PostgreSQL accepts, or None."""

    key: str
    fields: dict[str, str]
    meta: str | None
    payload: str | None


@dataclass(frozen=True, slots=True)
class ActionAnnotation:
    """session_key: '' where the action names no session."""

    key: str
    session_key: str
    parent_key: str
    fields: dict[str, str]
    length_ms: float | None
    meta: str | None
    payload: str | None


@dataclass(frozen=True, slots=True)
class MigrationAnnotation:
    """The application's tables have changed."""


Annotation = SessionAnnotation | ActionAnnotation | MigrationAnnotation


def parse(row: Row) -> Annotation | None:
    """None for a row that says nothing: of an unknown kind, or a session without an id."""
    payload = _json(row.get("payload"))
    values: dict[str, Any] = {name: value for name, value in row.items() if value is not None}
    if isinstance(payload, dict):
        values.update(payload)
    match row.get("kind") or _kind_of_columns(row):
        case "_st.app.sess":
            return _session(row, values, payload)
        case "_st.app.act":
            return _action(row, values, payload)
        case "_st.app.mig":
            return MigrationAnnotation()
    return None


def _kind_of_columns(row: Row) -> str:
    """The flat shape without a kind: what is filled in tells."""
    filled = {name for name, value in row.items() if value is not None}
    if any(name.startswith("action_") for name in filled):
        return "_st.app.act"
    return "_st.app.sess" if any(name.startswith("session_") for name in filled) else ""


def _session(row: Row, values: Mapping[str, Any], payload: Any) -> SessionAnnotation | None:
    key = capped_key(text(row.get("id")))
    if not key:
        return None
    return SessionAnnotation(key, _fields(values, SESSION_FIELDS), *_kept(row, payload))


def _action(row: Row, values: Mapping[str, Any], payload: Any) -> ActionAnnotation:
    return ActionAnnotation(
        capped_key(text(row.get("id"))),
        capped_key(text(values.get("action_session_id"))),
        capped_key(text(values.get("action_parent_id"))),
        _fields(values, ACTION_FIELDS),
        _length(values.get("action_length_ms")),
        *_kept(row, payload),
    )


def _fields(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {field: _shortened(text(values.get(name))) for field, name in names.items()}


def _kept(row: Row, payload: Any) -> tuple[str | None, str | None]:
    return _json_text(_json(row.get("meta"))), _json_text(payload)


def text(value: Any) -> str:
    """Any JSON value as text that PostgreSQL accepts."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _shortened(value: str) -> str:
    data = value.encode()
    return value if len(data) <= MOST_BYTES else data[: MOST_BYTES - 3].decode(errors="ignore") + "…"


def _length(value: Any) -> float | None:
    """Milliseconds; None for what is no finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def _json(value: str | None) -> Any:
    """The JSON value, without what PostgreSQL's jsonb refuses; None for text that is no JSON."""
    if value is None:
        return None
    try:
        return _storable(json.loads(value))
    except (ValueError, RecursionError):
        return None


def _storable(value: Any) -> Any:
    """No NUL and no half of a surrogate pair: JSON can escape them, PostgreSQL's text cannot hold them."""
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(item) for name, item in value.items()}
    return value


def _json_text(value: Any) -> str | None:
    if value is None:
        return None
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return written if len(written) <= MOST_PAYLOAD_CHARACTERS else None
