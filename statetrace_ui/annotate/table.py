"""The rows of the table `statetrace_annotations`, and writing them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

SESSION, ACTION, MIGRATION = "_st.app.sess", "_st.app.act", "_st.app.mig"
# Characters. Clients choose some of the texts, and must not be able to make annotations large.
LONGEST_TEXT = 2048
AVATAR, LONGEST_AVATAR = "session_actor_avatar", 64_000
Payload = Mapping[str, str | float | None]


@dataclass(frozen=True)
class Annotation:
    """One row of the table; its `meta` is always `{}`."""

    id: str
    kind: str
    payload: Payload


def write(connection: BaseDatabaseWrapper, row: Annotation, unless_known: bool = False) -> None:
    """Insert the row in the connection's current transaction. unless_known: skip it if its id is in the table."""
    conflict = " ON CONFLICT DO NOTHING" if unless_known else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO statetrace_annotations (id, kind, meta, payload) VALUES (%s, %s, '{{}}'::json, %s::json){conflict}",  # noqa: S608, E501
            [row.id, row.kind, _json(row.payload)],
        )


def exists(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('statetrace_annotations') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def _json(payload: Payload) -> str:
    return json.dumps({key: _clean(key, value) if isinstance(value, str) else value for key, value in payload.items()})


def _clean(key: str, text: str) -> str | None:
    """Replace NUL and lone surrogates, which jsonb refuses: clients choose their URL and user agent.

    An avatar is left out where it is too long, since a part of an image is none.
    """
    if key == AVATAR:
        return text if len(text) <= LONGEST_AVATAR and text.isascii() and text.isprintable() else None
    return text[:LONGEST_TEXT].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
