"""Changes as plain data: one object a change for programs, one line a field for spreadsheets. Pure."""

import json
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from statetrace_ui.history.standings import Side, Standing, Told, sides
from statetrace_ui.wal.lsn import format_lsn

Line = dict[str, Any]
# The fields of an object, with their types.
FIELDS = {
    "id": "int",
    "source": "text",
    "at": "time",
    "kind": "text",
    "schema": "text",
    "table": "text",
    "key": "json",
    "former_key": "json",
    "xid": "int",
    "lsn": "text",
    "transaction_kind": "text",
    "actor": "text",
    "actor_id": "text",
    "actor_email": "text",
    "session": "text",
    "method": "text",
    "url": "text",
    "version": "text",
    "actions": "int",
    "old": "json",
    "new": "json",
    "marks": "json",
}
ROW = ("old", "new", "marks")
# What a line of a spreadsheet says of one field. `is`: known, null, or why the value is not there.
CELLS = [*(name for name in FIELDS if name not in ROW), "field", "old", "old_is", "new", "new_is"]
NO_ROW, NULL = "no row", "null"


def line_of(change: Any, zone: tzinfo) -> Line:
    """The change as an object of FIELDS. change: the model's, as `whole_changes` reads it."""
    before, after = sides(change)
    return {
        "id": change.pk,
        "source": change.source.name,
        "at": change.committed_at.astimezone(zone),
        "kind": change.get_kind_display().lower(),
        "schema": change.schema_name,
        "table": change.table_name,
        "key": _key(change.record_key),
        "former_key": _key(change.old_record_key),
        "xid": change.transaction.xid,
        "lsn": format_lsn(change.transaction.commit_lsn),
        "transaction_kind": change.transaction.kind,
        **_who(change.transaction.first_actions),
        "old": _values(before),
        "new": _values(after),
        "marks": {side: marks for side, row in (("old", before), ("new", after)) if (marks := _marks(row))},
    }


def cells_of(change: Any, zone: tzinfo) -> Iterator[list[Any]]:
    """The change as lines of CELLS, one for each field; those that an update left as they were are left out."""
    line = line_of(change, zone)
    told = [_text(line[name]) for name in FIELDS if name not in ROW]
    before, after = sides(change)
    names = [name for name in {**(before or {}), **(after or {})} if _is_listed(name, before, after)]
    for name in names:
        yield [*told, name, *_cell(before, name), *_cell(after, name)]
    if not names:
        yield [*told, "", "", "", "", ""]


def _is_listed(name: str, before: Side | None, after: Side | None) -> bool:
    if before is None or after is None:
        return True
    old, new = before.get(name), after.get(name)
    return old != new or (old is not None and old.standing == Standing.ERASED)


def _cell(side: Side | None, name: str) -> tuple[str, str]:
    if side is None or name not in side:
        return "", NO_ROW
    told = side[name]
    return told.text or "", _standing(told) if told.standing != Standing.KNOWN or told.text is not None else NULL


def _values(side: Side | None) -> dict[str, str | None] | None:
    return None if side is None else {name: told.text for name, told in side.items() if told.is_stored}


def _marks(side: Side | None) -> dict[str, str]:
    return {name: _standing(told) for name, told in (side or {}).items() if told.standing != Standing.KNOWN}


def _standing(told: Told) -> str:
    return f"cut: the beginning of {told.bytes} bytes" if told.standing == Standing.CUT else str(told.standing)


def _who(actions: Sequence[Any]) -> Line:
    """The transaction's first action, and how many there are; there should be one."""
    action = actions[0] if actions else None
    session = action.session if action else None
    return {
        "actor": str(session) if session else "",
        "actor_id": session.actor_id if session else "",
        "actor_email": session.actor_email if session else "",
        "session": session.key if session else "",
        "method": action.method if action else "",
        "url": action.url if action else "",
        "version": action.version if action else "",
        "actions": len(actions),
    }


def _key(key: str) -> list[str] | None:
    return json.loads(key) if key else None


def _text(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
