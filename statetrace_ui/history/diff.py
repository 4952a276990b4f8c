"""Compares the rows before and after a change, field by field. Pure; done when a page shows the change."""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from statetrace_ui.wal.masking import short_digest
from statetrace_ui.wal.records import Column, Row

# Columns that change with every write.
NOISE = re.compile(
    r"(updated|modified|changed|touched)(_(at|on|time|date|ts))?|last_(updated|modified|change)\w*|mtime", re.I
)
LONG_TEXT, LONGEST_COMPARED = 60, 4000  # characters; texts between these lengths are compared word by word
DEEPEST = 50  # levels of JSON that are compared by path


class FieldKind(StrEnum):
    """The ways in which a change concerns a field."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNKNOWN = "unknown"  # the value after is known, the one before was not sent
    NOT_SENT = "not sent"  # unchanged, and too large to be sent again
    NOT_CAPTURED = "not captured"  # a rule excludes the column
    RULE_CHANGED = "rule changed"  # a digest beside a value in clear: whether it changed is unknown


class Provenance(StrEnum):
    """The place that an old value comes from: the source, or the record's previous change."""

    SENT = "sent"
    HISTORY = "history"
    NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True)
class PathChange:
    """A difference within a JSON value. path: e.g. `items[0].price`; old, new: compact JSON, None if missing."""

    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class FieldChange:
    """The difference in one field.

    before: the provenance of `old`. noise: whether the field changes with every write. masked: whether values that
    look like digests are digests.
    paths: the differences within a JSON value; old_words, new_words: the words of long texts; empty for other values.
    """

    name: str
    kind: FieldKind
    old: str | None = None
    new: str | None = None
    before: Provenance = Provenance.SENT
    type: str = ""
    noise: bool = False
    paths: Sequence[PathChange] = field(default=())
    old_words: Sequence[Word] = field(default=())
    new_words: Sequence[Word] = field(default=())
    masked: bool = False


def field_changes(
    columns: Sequence[Column],
    old: Row | None,
    new: Row | None,
    unchanged: Sequence[str] = (),
    earlier: Row | None = None,
) -> list[FieldChange]:
    """The fields that an update or delete changed, in the order of columns.

    old, new: the row before and after, as far as the source sent them; None if there was none or nothing was sent.
    unchanged: columns that were not sent because they did not change.
    earlier: the row as history knew it before. Its values replace old values that were not sent (Provenance.HISTORY).
    """
    known = {column.name for column in columns}
    rest = [Column(name, "", False) for name in {**(old or {}), **(new or {})} if name not in known]
    changes = (_field_change(column, old, new, column.name in unchanged, earlier) for column in [*columns, *rest])
    return [change for change in changes if change]


def _field_change(
    column: Column, old: Row | None, new: Row | None, unchanged: bool, earlier: Row | None
) -> FieldChange | None:
    name = column.name
    masked = column.rule == "mask"
    if column.rule == "exclude":
        return FieldChange(name, FieldKind.NOT_CAPTURED, type=column.type)
    if unchanged:
        return FieldChange(name, FieldKind.NOT_SENT, type=column.type)
    before = _provenance(name, old, earlier)
    if new is None:
        value = _old_value(name, before, old, earlier)
        return (
            None
            if before == Provenance.NOT_SENT
            else FieldChange(name, FieldKind.REMOVED, value, None, before, column.type, masked=masked)
        )
    if name not in new:
        return None
    if old is None and earlier is None and column.key:
        return None  # an update that changes the key always sends the old key
    if before == Provenance.NOT_SENT:
        noise = is_noise(name)
        return FieldChange(name, FieldKind.UNKNOWN, None, new[name], before, column.type, noise, masked=masked)
    return _compare(column, _old_value(name, before, old, earlier), new[name], before)


def added_fields(columns: Sequence[Column], new: Row) -> list[FieldChange]:
    """The fields of an inserted row, in the order of columns."""
    known = {column.name for column in columns}
    rest = [Column(name, "", False) for name in new if name not in known]
    return [_added(column, new) for column in [*columns, *rest] if column.name in new or column.rule == "exclude"]


def _added(column: Column, new: Row) -> FieldChange:
    name = column.name
    if column.rule == "exclude":
        return FieldChange(name, FieldKind.NOT_CAPTURED, type=column.type)
    masked = column.rule == "mask"
    return FieldChange(name, FieldKind.ADDED, None, new[name], type=column.type, noise=is_noise(name), masked=masked)


def _provenance(name: str, old: Row | None, earlier: Row | None) -> Provenance:
    if old is not None and name in old:
        return Provenance.SENT
    return Provenance.HISTORY if earlier is not None and name in earlier else Provenance.NOT_SENT


def _old_value(name: str, before: Provenance, old: Row | None, earlier: Row | None) -> str | None:
    row = {Provenance.SENT: old, Provenance.HISTORY: earlier}.get(before)
    return row[name] if row else None


def _compare(column: Column, old: str | None, new: str | None, before: Provenance) -> FieldChange | None:
    if old == new:
        return None
    if column.rule == "mask" or (before == Provenance.HISTORY and short_digest(old)):
        return _masked(column, old, new, before)
    is_json = column.type in ("json", "jsonb")
    old_words, new_words = words(old, new) if not is_json else ([], [])
    return FieldChange(
        column.name,
        FieldKind.CHANGED,
        old,
        new,
        before,
        column.type,
        is_noise(column.name),
        json_changes(old, new) if is_json else (),
        old_words,
        new_words,
    )


def _masked(column: Column, old: str | None, new: str | None, before: Provenance) -> FieldChange:
    """A value in clear cannot be compared with a digest: between the two, the column's rule changed."""
    comparable = old is None or new is None or bool(short_digest(old)) == bool(short_digest(new))
    kind = FieldKind.CHANGED if comparable and column.rule == "mask" else FieldKind.RULE_CHANGED
    masked = column.rule == "mask" or not short_digest(new)
    return FieldChange(column.name, kind, old, new, before, column.type, is_noise(column.name), masked=masked)


def is_noise(name: str) -> bool:
    """Whether a column, judged by its name, changes with every write."""
    return NOISE.fullmatch(name) is not None


# JSON


class Number(str):
    """A JSON number as text, so that comparing and showing it does not round."""

    __slots__ = ()


MISSING: Any = object()


def json_changes(old: str | None, new: str | None) -> list[PathChange]:
    """The places where two JSON texts differ; none if a text cannot be parsed (the page then shows both texts)."""
    if old is None or new is None:
        return []
    try:
        before, after = (json.loads(text, parse_int=Number, parse_float=Number) for text in (old, new))
        return list(_compare_json(before, after, "", 0))
    except (ValueError, RecursionError):
        return []


def _compare_json(old: Any, new: Any, path: str, depth: int) -> Iterator[PathChange]:
    if depth < DEEPEST and isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _compare_json(old.get(key, MISSING), new.get(key, MISSING), _member(path, key), depth + 1)
    elif depth < DEEPEST and isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (items[index] if index < len(items) else MISSING for items in (old, new))
            yield from _compare_json(before, after, f"{path}[{index}]", depth + 1)
    elif (old_text := _text(old)) != (new_text := _text(new)):
        yield PathChange(path or "(whole value)", old_text, new_text)


def _member(path: str, key: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def _text(value: Any) -> str | None:
    """Compact JSON, with numbers as they were written; None for MISSING."""
    if value is MISSING:
        return None
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(str(_text(item)) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


# Long texts


def words(old: str | None, new: str | None) -> tuple[list[Word], list[Word]]:
    """Two long texts as runs of words, each run shared or changed; empty lists for short, huge or missing texts."""
    if old is None or new is None or not LONG_TEXT < max(len(old), len(new)) <= LONGEST_COMPARED:
        return [], []
    before, after = (re.findall(r"\w+|\s+|[^\w\s]", text) for text in (old, new))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    if matcher.real_quick_ratio() < 0.3 or matcher.quick_ratio() < 0.3:
        return [], []
    old_words, new_words = [], []
    for tag, i, j, k, n in matcher.get_opcodes():
        old_words.append(Word("".join(before[i:j]), tag != "equal"))
        new_words.append(Word("".join(after[k:n]), tag != "equal"))
    return [word for word in old_words if word.text], [word for word in new_words if word.text]
