"""The state of a row, folded from its changes, with the change that set each field. Pure."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from statetrace_ui.history.table_state import altered
from statetrace_ui.history.values import Excerpt, Value, Values
from statetrace_ui.wal.masking import short_digest

BEGINNINGS = "IB"  # kinds that say what the whole row is


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the row, or an alteration of its table (kind A).

    columns: of the table then, in their order. values: what was sent of the row, or the values of added columns; None
    if they were erased, or too large to be read. unsent: the columns that did not change and were not sent. erased:
    those whose values were erased. names_before: of an alteration, {name now: name before}.
    """

    id: int
    kind: str
    columns: Sequence[str]
    values: Values | None
    unsent: Collection[str] = ()
    erased: Collection[str] = ()
    names_before: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """set_by: the id of the step that set the value; 0 if an earlier change did than those that were folded."""

    value: Value
    set_by: int
    erased: bool = False


Row = dict[str, Field]


def fold(steps: Iterable[Step]) -> Row:
    """The row after the steps, given in their order. What none of them sent is missing."""
    row: Row = {}
    for step in steps:
        row = _altered(row, step) if step.kind == "A" else _changed(row, step)
    return row


def differs(one: Value, other: Value) -> bool:
    """Whether two values are known to differ. A digest of a masked value says nothing about a value in clear."""
    if one is None or other is None:
        return one is not other
    if bool(short_digest(one)) != bool(short_digest(other)):
        return False
    if isinstance(one, Excerpt) or isinstance(other, Excerpt):
        return _digest(one) != _digest(other)  # their beginnings may be of different lengths
    return one != other


def _changed(row: Row, step: Step) -> Row:
    if step.values is None:
        return {}
    known = {} if step.kind in BEGINNINGS else row
    set_by = step.id if row or step.kind in BEGINNINGS else 0
    sent = {
        name: Field(None, step.id, erased=True) if name in step.erased else _set(known.get(name), value, set_by)
        for name, value in step.values.items()
    }
    kept = {name: known[name] for name in step.unsent if name in known}
    return {**kept, **sent}


def _set(before: Field | None, value: Value, set_by: int) -> Field:
    """Whoever set the field before did so, as long as the value is not known to differ."""
    same = before is not None and not before.erased and not differs(before.value, value)
    return Field(value, before.set_by if before and same else set_by)


def _altered(row: Row, step: Step) -> Row:
    """The row with its columns renamed at once, without those that are gone, and with those that were added."""
    added = {name: Field(value, step.id) for name, value in (step.values or {}).items()}
    after = altered(row, step.names_before, added)
    return {name: after[name] for name in step.columns if name in after}


def _digest(value: str | Excerpt) -> str:
    return value.sha256 if isinstance(value, Excerpt) else hashlib.sha256(value.encode()).hexdigest()
