"""The rows of the table `statetrace_annotations`, and writing them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

SESSION, ACTION, MIGRATION = "_st.app.sess", "_st.app.act", "_st.app.mig"
# Characters. Clients choose some of the texts, and must not be able to make annotations large.
LONGEST_TEXT = 2048
Payload = Mapping[str, str | float | None]


@dataclass(frozen=True)
class Annotation:
    """One row of the table; its `meta` is always `{}`."""

    id: str
    kind: str
    payload: Payload


def write(connection: BaseDatabaseWrapper, annotations: list[Annotation]) -> None:
    """Insert the rows by one statement, in the connection's current transaction."""
    values = ", ".join(["(%s, %s, '{}'::json, %s::json)"] * len(annotations))
    parameters = [value for row in annotations for value in (row.id, row.kind, _json(row.payload))]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO statetrace_annotations (id, kind, meta, payload) VALUES {values}", parameters)  # noqa: S608 - only placeholders


def exists(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('statetrace_annotations') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def _json(payload: Payload) -> str:
    return json.dumps({key: _clean(value) if isinstance(value, str) else value for key, value in payload.items()})


def _clean(text: str) -> str:
    """Replace NUL and lone surrogates, which jsonb refuses: clients choose their URL and user agent."""
    return text[:LONGEST_TEXT].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
