"""Row changes as lines of COPY's text format, exactly as PostgreSQL writes them when it reads them back. Pure.

A line has what the stream knows of a change: kind, baseline, record_key, old_record_key, old, new, old_absent,
new_absent, cut. `old` and `new` are arrays of texts, one for each column of the relation; the places, from 1, whose
values are not known stand in `old_absent` and `new_absent`, unless a rule excludes the column. Whoever stores a line
writes the ids in front of it.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from statetrace_ui.wal.records import TABLE_KINDS, Change, ChangeKind, Column, Relation, Row

NULL = b"\\N"
BASELINE = "B"
_ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_ESCAPE = str.maketrans(_ESCAPES)
_SPECIAL = re.compile("[\b\t\n\v\f\r\\\\]")
_UNESCAPE = {ord(escaped[1]): ord(plain) for plain, escaped in _ESCAPES.items()}
_ESCAPED = re.compile(rb"\\(.)")
# What array_out puts into quotation marks, beside empty texts and the word NULL.
_QUOTED = re.compile(r'[\t\n\v\f\r "\\{},]')
_MARKS = str.maketrans({'"': r"\"", "\\": r"\\"})
_ITEM = re.compile(rb'"((?:[^"\\]|\\.)*)"|([^,{}"]+)', re.DOTALL)
_UNMARKED = re.compile(rb"\\(.)", re.DOTALL)


def line_of(change: Change) -> bytes:
    """The line of any change whatever, with its line feed. `encoder.py` writes the same for most messages, faster."""
    columns, cut = change.relation.columns, change.cut
    fields = [
        change.kind,
        "t" if change.kind == BASELINE else "f",
        escaped(change.record_key),
        escaped(change.old_record_key),
        _row_text(columns, change.old),
        _row_text(columns, change.new),
        _places_text(absent_places(columns, change.old)),
        _places_text(absent_places(columns, change.new)),
        escaped(jsonb_text(cut)) if cut else "\\N",
    ]
    return ("\t".join(fields) + "\n").encode()


def change_of(relation: Relation, line: bytes) -> Change:
    """The change whose line it is."""
    fields = line.removesuffix(b"\n").split(b"\t")
    kind, _baseline, key, old_key, old, new, old_absent, new_absent, cut = fields
    row_before, row_after = _row(relation, old, old_absent), _row(relation, new, new_absent)
    known: ChangeKind = kind.decode()  # type: ignore[assignment]
    # What an alteration does not say is not unchanged.
    unchanged = [] if known in TABLE_KINDS else [relation.names[place - 1] for place in _places(new_absent)]
    marks = {} if cut == NULL else json.loads(_unescaped(cut))
    return Change(relation, known, row_before, row_after, unchanged, _text(key), _text(old_key), marks)


def escaped(text: str) -> str:
    """The text as a field of COPY."""
    return text.translate(_ESCAPE) if _SPECIAL.search(text) else text


def array_text(values: Sequence[str | None]) -> str:
    """The array as array_out writes it."""
    return "{" + ",".join(map(_item_text, values)) + "}"


def jsonb_text(value: Any) -> str:
    """The value as jsonb_out writes it: shorter names first."""
    return json.dumps(_in_jsonb_order(value), ensure_ascii=False)


def absent_places(columns: Sequence[Column], row: Row | None) -> list[int]:
    """The places of the columns whose values are not known, of a row that is not missing as a whole."""
    if row is None or len(row) == len(columns):
        return []
    return [place for place, column in enumerate(columns, 1) if column.name not in row and column.rule != "exclude"]


def _item_text(value: str | None) -> str:
    if value is None:
        return "NULL"
    if value and not _QUOTED.search(value) and (len(value) != 4 or value.upper() != "NULL"):
        return value
    marked = value.translate(_MARKS) if '"' in value or "\\" in value else value
    return f'"{marked}"'


def _row_text(columns: Sequence[Column], row: Row | None) -> str:
    return "\\N" if row is None else escaped(array_text([row.get(column.name) for column in columns]))


def _places_text(places: Sequence[int]) -> str:
    return "{" + ",".join(map(str, places)) + "}" if places else "\\N"


def _in_jsonb_order(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
    return {name: _in_jsonb_order(value[name]) for name in names}


def _unescaped(field: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: bytes([_UNESCAPE[found[1][0]]]), field) if b"\\" in field else field


def _text(field: bytes) -> str:
    return _unescaped(field).decode()


def _places(field: bytes) -> list[int]:
    return [] if field == NULL else [int(place) for place in field[1:-1].split(b",")]


def _row(relation: Relation, field: bytes, absent: bytes) -> Row | None:
    if field == NULL:
        return None
    values = [_item(quoted, plain) for quoted, plain in _ITEM.findall(_unescaped(field)[1:-1])]
    missing = set(_places(absent))
    return {
        column.name: value
        for place, (column, value) in enumerate(zip(relation.columns, values, strict=True), 1)
        if place not in missing and column.rule != "exclude"
    }


def _item(quoted: bytes, plain: bytes) -> str | None:
    if plain:
        return None if plain == b"NULL" else plain.decode()
    return _UNMARKED.sub(rb"\1", quoted).decode()
