"""What a row change did to each field, worked out when it is read from the text forms that were kept.

Pure: rows are {"column": text | None} as PostgreSQL writes them, types as it formats them.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Row = Mapping[str, str | None]

# Columns that change with every write and tell nothing of it.
NOISE = re.compile(
    r"(updated|modified|changed|touched)(_(at|on|time|date|ts))?|last_(updated|modified|change)\w*|mtime", re.I
)
LONG_TEXT, LONGEST_COMPARED = 60, 4000  # characters: words are compared in texts between these
DEEPEST = 50  # levels of JSON that are compared by path


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNKNOWN = "unknown"  # the value after is known, the one before was not sent
    NOT_SENT = "not sent"  # unchanged, and too large to be sent again


class Before(StrEnum):
    """Where the value before is from."""

    SENT = "sent"
    HISTORY = "history"
    NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True)
class PathChange:
    """One place within a JSON value, e.g. `items[0].price`; values as compact JSON, None where there was none."""

    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class FieldChange:
    name: str
    kind: Kind
    old: str | None = None
    new: str | None = None
    before: Before = Before.SENT
    type: str = ""
    noise: bool = False
    paths: Sequence[PathChange] = field(default=())
    old_words: Sequence[Word] = field(default=())
    new_words: Sequence[Word] = field(default=())


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str = ""
    key: bool = False


def field_changes(
    columns: Sequence[Column],
    old: Row | None,
    new: Row | None,
    unchanged: Sequence[str] = (),
    earlier: Row | None = None,
) -> list[FieldChange]:
    """The fields that a change touched, in the order of columns; those it left alone are left out.

    old, new: the row before and after as far as the source sent them, None where there was none (or nothing sent).
    unchanged: columns that were not sent because they did not change.
    earlier: the row as history knew it before; used where the source sent nothing, and marked as that.
    """
    known = {column.name for column in columns}
    rest = [Column(name) for name in {**(old or {}), **(new or {})} if name not in known]
    changes = (_field(column, old, new, column.name in unchanged, earlier) for column in [*columns, *rest])
    return [change for change in changes if change]


def _field(
    column: Column, old: Row | None, new: Row | None, unchanged: bool, earlier: Row | None
) -> FieldChange | None:
    name = column.name
    if unchanged:
        return FieldChange(name, Kind.NOT_SENT, type=column.type)
    before = _before(name, old, earlier)
    if new is None:
        value = _value(name, before, old, earlier)
        return None if before == Before.NOT_SENT else FieldChange(name, Kind.REMOVED, value, None, before, column.type)
    if name not in new:
        return None
    if old is None and earlier is None and column.key:
        return None  # an update that changes the key always sends the old one
    if before == Before.NOT_SENT:
        return FieldChange(name, Kind.UNKNOWN, None, new[name], before, column.type, is_noise(name))
    return _compared(column, _value(name, before, old, earlier), new[name], before)


def added_fields(columns: Sequence[Column], new: Row) -> list[FieldChange]:
    """The fields of an inserted row, in the order of columns."""
    types = {column.name: column.type for column in columns}
    names = [*(name for name in types if name in new), *(name for name in new if name not in types)]
    return [
        FieldChange(name, Kind.ADDED, None, new[name], type=types.get(name, ""), noise=is_noise(name)) for name in names
    ]


def _before(name: str, old: Row | None, earlier: Row | None) -> Before:
    if old is not None and name in old:
        return Before.SENT
    return Before.HISTORY if earlier is not None and name in earlier else Before.NOT_SENT


def _value(name: str, before: Before, old: Row | None, earlier: Row | None) -> str | None:
    row = {Before.SENT: old, Before.HISTORY: earlier}.get(before)
    return row[name] if row else None


def _compared(column: Column, old: str | None, new: str | None, before: Before) -> FieldChange | None:
    if old == new:
        return None
    is_json = column.type in ("json", "jsonb")
    old_words, new_words = words(old, new) if not is_json else ([], [])
    return FieldChange(
        column.name,
        Kind.CHANGED,
        old,
        new,
        before,
        column.type,
        is_noise(column.name),
        json_changes(old, new) if is_json else (),
        old_words,
        new_words,
    )


def is_noise(name: str) -> bool:
    """Whether a column by its name only says that something was written."""
    return NOISE.fullmatch(name) is not None


# JSON


class Number(str):
    """A number as it was written, so that comparing and showing it rounds nothing."""

    __slots__ = ()


MISSING: Any = object()


def json_changes(old: str | None, new: str | None) -> list[PathChange]:
    """The places where two JSON texts differ; none if either cannot be compared so (then the texts are shown)."""
    if old is None or new is None:
        return []
    try:
        before, after = (json.loads(text, parse_int=Number, parse_float=Number) for text in (old, new))
        return list(_paths(before, after, "", 0))
    except (ValueError, RecursionError):
        return []


def _paths(old: Any, new: Any, path: str, depth: int) -> Iterator[PathChange]:
    if depth < DEEPEST and isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _paths(old.get(key, MISSING), new.get(key, MISSING), _member(path, key), depth + 1)
    elif depth < DEEPEST and isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (items[index] if index < len(items) else MISSING for items in (old, new))
            yield from _paths(before, after, f"{path}[{index}]", depth + 1)
    elif (old_text := _text(old)) != (new_text := _text(new)):
        yield PathChange(path or "(whole value)", old_text, new_text)


def _member(path: str, key: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def _text(value: Any) -> str | None:
    """Compact JSON, numbers as they were written; None for what is not there."""
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
    """Two long texts as runs of words that they share or not; nothing for texts that are short, too long or missing."""
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
