"""Changes as lines for programs and terminals: what `manage.py ask` prints."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from statetrace_ui.history.change_rows import ChangeRow, rows_of
from statetrace_ui.history.diff import FieldChange, FieldKind, Provenance
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.excerpts import Limits
from statetrace_ui.history.queries.ranges import Places, fetched
from statetrace_ui.history.question.names import KINDS
from statetrace_ui.wal.row_limit import MOST_CHARACTERS

# A row has no more than MOST_CHARACTERS, so nothing is cut.
WHOLE = Limits(value=MOST_CHARACTERS, row=MOST_CHARACTERS, stored=None)
AT_ONCE = 50  # rows
LONGEST_CELL = 60  # characters of a table in the terminal
NAMES = ("source", "schema", "table", "key", "kind", "at", "actor", "url", "old", "new")
WORDS = {letter: word for word, letter in KINDS.items()}
UNTOLD = (FieldKind.NOT_SENT, FieldKind.NOT_CAPTURED)
Line = dict[str, Any]


def lines_of(places: Places) -> Iterator[Line]:
    """The changes at these places, in their order. old, new: the values that the change concerns, as far as known."""
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        for row in rows_of(fetched(listed_changes(WHOLE), some, AT_ONCE).rows, WHOLE):
            yield _line(row)


def as_json(lines: Iterable[Line]) -> Iterator[str]:
    for line in lines:
        yield json.dumps(line, ensure_ascii=False)


def as_csv(lines: Iterable[Line]) -> Iterator[str]:
    yield _csv(NAMES)
    for line in lines:
        yield _csv([_cell(line[name]) for name in NAMES])


def as_table(lines: Iterable[Line]) -> Iterator[str]:
    """For reading: a line for each change, and below it one for each field."""
    for line in lines:
        table = f"{line['schema']}.{line['table']}".strip(".")
        told = [line["at"], line["kind"], line["source"], table, _cell(line["key"]), line["actor"], line["url"]]
        yield "  ".join(filter(None, told))
        old, new = line["old"] or {}, line["new"] or {}
        for name in {**old, **new}:
            yield f"    {name}: {_shown(old, name)} → {_shown(new, name)}"


FORMATS = {"table": as_table, "jsonl": as_json, "csv": as_csv}


def _line(row: ChangeRow) -> Line:
    change, action = row.change, row.action
    told = [one for one in row.fields if one.kind not in UNTOLD]
    return {
        "source": change.source.name,
        "schema": change.schema_name,
        "table": change.table_name,
        "key": json.loads(change.record_key) if change.record_key else None,
        "kind": WORDS.get(change.kind, "gap"),
        "at": change.committed_at.isoformat(),
        "actor": str(row.session) if row.session else None,
        "url": action.url if action else None,
        "old": {one.name: _text(one.old) for one in told if _has_old(row, one)} or None,
        "new": {one.name: _text(one.new) for one in told if change.new_excerpts is not None} or None,  # type: ignore[attr-defined]
    }


def _has_old(row: ChangeRow, field: FieldChange) -> bool:
    return row.kind in ("U", "D") and field.before != Provenance.NOT_SENT


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _csv(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow([_harmless(cell) for cell in cells])
    return written.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet would take these for formulas."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _shown(row: dict[str, str | None], name: str) -> str:
    if name not in row:
        return "·"
    text = row[name]
    if text is None:
        return "NULL"
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST_CELL else f"{plain[: LONGEST_CELL - 1]}…"
