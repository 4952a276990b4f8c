"""Compares the rows before and after a change, field by field. Pure; done when a page shows the change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from statetrace_ui.history.comparison import Effort, PathChange, Word, array_changes, json_changes, words
from statetrace_ui.history.references.keys import Link
from statetrace_ui.history.values import Value, Values
from statetrace_ui.wal.masking import short_digest
from statetrace_ui.wal.records import Column

# Columns that change with every write.
NOISE = re.compile(
    r"(updated|modified|changed|touched)(_(at|on|time|date|ts))?|last_(updated|modified|change)\w*|mtime", re.I
)


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
class FieldChange:
    """The difference in one field.

    before: the provenance of `old`. noise: whether the field changes with every write. masked: whether values that
    look like digests are digests.
    paths: the differences within a JSON value or an array; old_words, new_words: the words of long texts; empty for
    other values and before `compare_within`. old_links, new_links: to the records that the values name.
    """

    name: str
    kind: FieldKind
    old: Value = None
    new: Value = None
    before: Provenance = Provenance.SENT
    type: str = ""
    noise: bool = False
    paths: Sequence[PathChange] = field(default=())
    old_words: Sequence[Word] = field(default=())
    new_words: Sequence[Word] = field(default=())
    masked: bool = False
    old_links: Sequence[Link] = ()
    new_links: Sequence[Link] = ()


def field_changes(
    columns: Sequence[Column],
    old: Values | None,
    new: Values | None,
    unchanged: Sequence[str] = (),
    earlier: Values | None = None,
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
    column: Column, old: Values | None, new: Values | None, unchanged: bool, earlier: Values | None
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


def added_fields(columns: Sequence[Column], new: Values) -> list[FieldChange]:
    """The fields of an inserted row, in the order of columns."""
    known = {column.name for column in columns}
    rest = [Column(name, "", False) for name in new if name not in known]
    return [_added(column, new) for column in [*columns, *rest] if column.name in new or column.rule == "exclude"]


def _added(column: Column, new: Values) -> FieldChange:
    name = column.name
    if column.rule == "exclude":
        return FieldChange(name, FieldKind.NOT_CAPTURED, type=column.type)
    masked = column.rule == "mask"
    return FieldChange(name, FieldKind.ADDED, None, new[name], type=column.type, noise=is_noise(name), masked=masked)


def _provenance(name: str, old: Values | None, earlier: Values | None) -> Provenance:
    if old is not None and name in old:
        return Provenance.SENT
    return Provenance.HISTORY if earlier is not None and name in earlier else Provenance.NOT_SENT


def _old_value(name: str, before: Provenance, old: Values | None, earlier: Values | None) -> Value:
    row = {Provenance.SENT: old, Provenance.HISTORY: earlier}.get(before)
    return row[name] if row else None


def _compare(column: Column, old: Value, new: Value, before: Provenance) -> FieldChange | None:
    if old == new:
        return None
    if column.rule == "mask" or (before == Provenance.HISTORY and short_digest(old)):
        return _masked(column, old, new, before)
    return FieldChange(column.name, FieldKind.CHANGED, old, new, before, column.type, is_noise(column.name))


def compare_within(change: FieldChange, effort: Effort) -> FieldChange:
    """The change with its paths, or its words, as far as the effort of the page reaches. Excerpts are not compared."""
    old, new = change.old, change.new
    if change.kind != FieldKind.CHANGED or not isinstance(old, str) or not isinstance(new, str):
        return change
    if change.type in ("json", "jsonb"):
        return replace(change, paths=json_changes(old, new, effort))
    if change.type.endswith("[]") and (paths := array_changes(old, new, effort)):
        return replace(change, paths=paths)
    old_words, new_words = words(old, new, effort)
    return replace(change, old_words=old_words, new_words=new_words)


def _masked(column: Column, old: Value, new: Value, before: Provenance) -> FieldChange:
    """A value in clear cannot be compared with a digest: between the two, the column's rule changed."""
    comparable = old is None or new is None or bool(short_digest(old)) == bool(short_digest(new))
    kind = FieldKind.CHANGED if comparable and column.rule == "mask" else FieldKind.RULE_CHANGED
    masked = column.rule == "mask" or not short_digest(new)
    return FieldChange(column.name, kind, old, new, before, column.type, is_noise(column.name), masked=masked)


def is_noise(name: str) -> bool:
    """Whether a column, judged by its name, changes with every write."""
    return NOISE.fullmatch(name) is not None
