"""What is said of a session, an action or a migration, whichever way it takes to capture."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

SESSION, ACTION, MIGRATION = "_st.app.sess", "_st.app.act", "_st.app.mig"
# Characters. Clients choose some of the texts, and must not be able to make annotations large.
LONGEST_TEXT = 2048
AVATAR, LONGEST_AVATAR = "session_actor_avatar", 64_000
Payload = Mapping[str, str | float | None]
# SQL with a %s for each parameter.
Statement = tuple[str, list[str]]


@dataclass(frozen=True)
class Annotation:
    """A row of the table, or a message; its `meta` is always `{}`."""

    id: str
    kind: str
    payload: Payload

    def clean_payload(self) -> Payload:
        return {key: _clean(key, value) if isinstance(value, str) else value for key, value in self.payload.items()}


def as_row(said: Annotation, unless_known: bool = False) -> Statement:
    """Inserts it into the table. unless_known: not if its id is there already."""
    conflict = " ON CONFLICT DO NOTHING" if unless_known else ""
    return (
        f"INSERT INTO statetrace_annotations (id, kind, meta, payload) VALUES (%s, %s, '{{}}'::json, %s::json){conflict}",  # noqa: S608, E501
        [said.id, said.kind, json.dumps(said.clean_payload())],
    )


def as_message(said: Annotation) -> Statement:
    """Writes it into the log alone. The content is ASCII, since the server does not convert its encoding."""
    return (
        "SELECT pg_catalog.pg_logical_emit_message(true, %s::text, %s::text)",
        [said.kind, json.dumps({"id": said.id, "payload": said.clean_payload()})],
    )


def _clean(key: str, text: str) -> str | None:
    """Replace NUL and lone surrogates, which jsonb refuses: clients choose their URL and user agent.

    An avatar is left out where it is too long, since a part of an image is none.
    """
    if key == AVATAR:
        return text if len(text) <= LONGEST_AVATAR and text.isascii() and text.isprintable() else None
    return text[:LONGEST_TEXT].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
