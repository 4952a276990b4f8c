"""Parses rows of an audited application's table `statetrace_annotations`. Pure; no content of a row raises an error.

Three shapes are in use: the documented one (id, kind, meta, payload); the same with a uuid and a timestamp, and without
payload for migrations; and one that has a column for each field.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from statetrace_ui.wal.records import Row, capped_key

TABLE_NAME = "statetrace_annotations"
# An index entry holds some 2,700 bytes. PostgreSQL would refuse a longer text each time, and capture would get stuck.
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
    """A session announces itself. fields: values of the model; meta, payload: JSON texts for jsonb, or None."""

    key: str
    fields: dict[str, str]
    meta: str | None
    payload: str | None


@dataclass(frozen=True, slots=True)
class ActionAnnotation:
    """A transaction's action. session_key: '' if the action names no session; meta, payload: JSON texts or None."""

    key: str
    session_key: str
    parent_key: str
    fields: dict[str, str]
    length_ms: float | None
    meta: str | None
    payload: str | None


@dataclass(frozen=True, slots=True)
class MigrationAnnotation:
    """The application has migrated its tables."""


Annotation = SessionAnnotation | ActionAnnotation | MigrationAnnotation


def parse(row: Row) -> Annotation | None:
    """The annotation in a row; None for an unknown kind, and for a session without an id."""
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
    """The kind of a row that has a column for each field: the filled columns show it."""
    filled = {name for name, value in row.items() if value is not None}
    if any(name.startswith("action_") for name in filled):
        return "_st.app.act"
    return "_st.app.sess" if any(name.startswith("session_") for name in filled) else ""


def _session(row: Row, values: Mapping[str, Any], payload: Any) -> SessionAnnotation | None:
    key = capped_key(text(row.get("id")))
    if not key:
        return None
    return SessionAnnotation(key, _fields(values, SESSION_FIELDS), *_meta_and_payload(row, payload))


def _action(row: Row, values: Mapping[str, Any], payload: Any) -> ActionAnnotation:
    return ActionAnnotation(
        capped_key(text(row.get("id"))),
        capped_key(text(values.get("action_session_id"))),
        capped_key(text(values.get("action_parent_id"))),
        _fields(values, ACTION_FIELDS),
        _length(values.get("action_length_ms")),
        *_meta_and_payload(row, payload),
    )


def _fields(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {field: _shorten(text(values.get(name))) for field, name in names.items()}


def _meta_and_payload(row: Row, payload: Any) -> tuple[str | None, str | None]:
    return _json_text(_json(row.get("meta"))), _json_text(payload)


def text(value: Any) -> str:
    """Any JSON value as text that PostgreSQL accepts."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _shorten(value: str) -> str:
    data = value.encode()
    return value if len(data) <= MOST_BYTES else data[: MOST_BYTES - 3].decode(errors="ignore") + "…"


def _length(value: Any) -> float | None:
    """Milliseconds; None unless the value is a finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def _json(value: str | None) -> Any:
    """The parsed JSON, without the characters that jsonb refuses; None for text that is not JSON."""
    if value is None:
        return None
    try:
        return _remove_unstorable(json.loads(value))
    except (ValueError, RecursionError):
        return None


def _remove_unstorable(value: Any) -> Any:
    """Without NUL and lone surrogates: JSON can escape them, but PostgreSQL cannot store them."""
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, list):
        return [_remove_unstorable(item) for item in value]
    if isinstance(value, dict):
        return {_remove_unstorable(name): _remove_unstorable(item) for name, item in value.items()}
    return value


def _json_text(value: Any) -> str | None:
    if value is None:
        return None
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return written if len(written) <= MOST_PAYLOAD_CHARACTERS else None
