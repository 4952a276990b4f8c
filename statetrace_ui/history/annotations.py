"""Parses rows of an audited application's table `statetrace_annotations`. Pure; no content of a row raises an error.

Three shapes are in use: the documented one (id, kind, meta, payload); the same with a uuid and a timestamp, and without
payload for migrations; and one that has a column for each field. What is not understood is said in sentences.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from statetrace_ui.history.avatars import stored_avatar
from statetrace_ui.wal.records import Row, capped_key

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
DOCUMENTED = {
    *SESSION_FIELDS.values(),
    *ACTION_FIELDS.values(),
    "action_session_id",
    "action_length_ms",
    "action_parent_id",
}
KINDS = ("_st.app.sess", "_st.app.act", "_st.app.mig")
# Of a row that is not understood, people see the beginning.
MOST_EXCERPT_COLUMNS = 20
MOST_EXCERPT_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class SessionAnnotation:
    """A session announces itself. fields: values of the model; meta, payload: JSON texts for jsonb, or None.

    payload: only what has no field of its own; of an action, too.
    """

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


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row says. problems: a sentence for each part that was not understood; the rest of the row still counts."""

    annotation: Annotation | None
    problems: tuple[str, ...] = ()


def parse(row: Row) -> Reading:
    problems: list[str] = []
    payload = _parsed_payload(row, problems)
    documented: dict[str, Any] = {name: value for name, value in row.items() if value is not None} | payload
    extra = {name: value for name, value in payload.items() if name not in DOCUMENTED}
    more = _stored(row.get("meta"), "meta", problems), _stored(extra, "payload", problems)
    annotation: Annotation | None = None
    match row.get("kind") or _kind_of_columns(row):
        case "_st.app.sess":
            annotation = _session(row, documented, more, problems)
        case "_st.app.act":
            annotation = _action(row, documented, more, problems)
        case "_st.app.mig":
            annotation = MigrationAnnotation()
        case "":
            problems.append(f"It has no kind. The kinds are {', '.join(KINDS)}.")
        case kind:
            problems.append(f"The kind {kind[:100]} is not known. The kinds are {', '.join(KINDS)}, in lower case.")
    return Reading(annotation, tuple(problems))


def excerpt(row: Row) -> str:
    """The beginning of a row, for people, as JSON: some columns, their values cut."""
    shown = list(row.items())[:MOST_EXCERPT_COLUMNS]
    cut = {name: value and _first(value, MOST_EXCERPT_CHARACTERS) for name, value in shown}
    return json.dumps(cut, ensure_ascii=False)


def _kind_of_columns(row: Row) -> str:
    """The kind of a row that has a column for each field: the filled columns show it."""
    filled = {name for name, value in row.items() if value is not None}
    if any(name.startswith("action_") for name in filled):
        return "_st.app.act"
    return "_st.app.sess" if any(name.startswith("session_") for name in filled) else ""


_More = tuple[str | None, str | None]  # meta and payload


def _session(row: Row, values: Mapping[str, Any], more: _More, problems: list[str]) -> SessionAnnotation | None:
    key = capped_key(text(row.get("id")))
    if not key:
        problems.append("A session needs an id, by which actions name it.")
        return None
    fields = _fields(values, SESSION_FIELDS)
    fields["actor_avatar"] = stored_avatar(text(values.get("session_actor_avatar")), MOST_BYTES)
    return SessionAnnotation(key, fields, *more)


def _action(row: Row, values: Mapping[str, Any], more: _More, problems: list[str]) -> ActionAnnotation:
    return ActionAnnotation(
        capped_key(text(row.get("id"))),
        capped_key(text(values.get("action_session_id"))),
        capped_key(text(values.get("action_parent_id"))),
        _fields(values, ACTION_FIELDS),
        _length(values.get("action_length_ms"), problems),
        *more,
    )


def _fields(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {field: _shorten(text(values.get(name))) for field, name in names.items()}


def text(value: Any) -> str:
    """Any JSON value as text that PostgreSQL accepts."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _shorten(value: str) -> str:
    data = value.encode()
    return value if len(data) <= MOST_BYTES else data[: MOST_BYTES - 3].decode(errors="ignore") + "…"


def _first(value: str, characters: int) -> str:
    return value if len(value) <= characters else f"{value[:characters]}…"


def _length(value: Any, problems: list[str]) -> float | None:
    """Milliseconds; None unless the value is a finite number that is not negative."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if 0 <= number < float("inf"):
        return number
    problems.append(f"action_length_ms is no length of time in ms: {_first(text(value), 60)}.")
    return None


def _parsed_payload(row: Row, problems: list[str]) -> dict[str, Any]:
    """The payload as an object; an empty one if there is none, or none that is understood."""
    payload = _json(row.get("payload"), "payload", problems)
    if isinstance(payload, dict):
        return payload
    if payload is not None:
        problems.append(f"Its payload is no JSON object: {_first(text(payload), 60)}.")
    return {}


def _stored(value: Any, name: str, problems: list[str]) -> str | None:
    """A column's text, or JSON that was parsed, as a JSON text for jsonb; None if there is nothing to store."""
    parsed = _json(value, name, problems) if isinstance(value, str) else value
    if parsed in (None, {}):
        return None
    written = _json_text(parsed)
    if written is None:
        problems.append(
            f"Its {name} is left out: it has more than {MOST_PAYLOAD_CHARACTERS:,} characters, or a number"
            " that is not finite."
        )
    return written


def _json(value: str | None, name: str, problems: list[str]) -> Any:
    """The parsed JSON, without the characters that jsonb refuses; None for text that is not JSON."""
    if value is None:
        return None
    try:
        return storable(json.loads(value))
    except (ValueError, RecursionError):
        problems.append(f"Its {name} cannot be read as JSON.")
        return None


def storable(value: Any) -> Any:
    """JSON without NUL and lone surrogates: JSON can escape them, but PostgreSQL cannot store them."""
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(name): storable(item) for name, item in value.items()}
    return value


def _json_text(value: Any) -> str | None:
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return written if len(written) <= MOST_PAYLOAD_CHARACTERS else None
