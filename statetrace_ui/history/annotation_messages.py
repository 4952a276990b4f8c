"""Parses annotations that an application wrote as messages, by `pg_logical_emit_message`. Pure.

The prefix is the kind; the content is a JSON object with what a row of the annotation table has in its columns: `id`,
`payload` and `meta`, or a name for each field. Anybody may have written it: no content raises an error.
"""

import json
from typing import Any

from statetrace_ui.history.annotations import MigrationAnnotation, Reading, parse, storable
from statetrace_ui.wal.records import Row

PREFIX = "_st."  # of all kinds, also of such as this version does not know: those are shown
MIGRATION = "_st.app.mig"
MOST_BYTES = 1_000_000
MOST_SHOWN = 60


def parse_message(message: Row) -> tuple[Row, Reading]:
    """What the message says as a row of the annotation table would, and how that is read.

    message: prefix, content, size, as `wal.messages.message_change` makes it.
    """
    kind, content = message["prefix"] or "", message["content"] or ""
    size = int(message["size"] or 0)
    if size > MOST_BYTES:
        return _unread(kind, content, f"The message has {size:,} bytes; at most {MOST_BYTES:,} are read.")
    if kind == MIGRATION and not content.strip():
        return {"kind": kind}, Reading(MigrationAnnotation())
    try:
        said = storable(json.loads(content))
        row = _row(kind, said) if isinstance(said, dict) else None
    except (ValueError, RecursionError):
        return _unread(kind, content, "The message cannot be read as JSON.")
    if row is None:
        return _unread(kind, content, f"The message is no JSON object: {content[:MOST_SHOWN]}.")
    return row, parse(row)


def _row(kind: str, said: dict[str, Any]) -> Row:
    """The kind that the object may name, too, does not count."""
    return {"kind": kind, **{name: _text(value) for name, value in said.items() if name != "kind"}}


def _text(value: Any) -> str | None:
    """As a column holds it: JSON as text, and a text as it is."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _unread(kind: str, content: str, problem: str) -> tuple[Row, Reading]:
    """A migration has nothing to say beside its kind, so it counts."""
    annotation = MigrationAnnotation() if kind == MIGRATION else None
    return {"kind": kind, "message": storable(content)}, Reading(annotation, (storable(problem),))
