"""Changes as the writer of the undo takes them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from statetrace_ui.history.standings import Side, Standing, Told, sides
from statetrace_ui.history.values import Values
from statetrace_ui.wal.masking import short_digest
from statetrace_ui.wal.records import Column


@dataclass(frozen=True, slots=True)
class Step:
    """One change. kind: its letter. what: for people, as `updated public.orders 7`.

    before, after: the row, with a Told for each column; empty where there was no row.
    """

    id: int
    kind: str
    schema: str
    table: str
    columns: Sequence[Column]
    before: Side
    after: Side
    what: str = ""

    @property
    def has_key(self) -> bool:
        return any(column.key for column in self.columns)


def step_of(change: Any, earlier: Values | None, what: str = "") -> Step:
    """change: the model's, or whatever has its fields. earlier: the row before it, as far as history knew it."""
    columns = [Column(**column) for column in change.columns]
    before, after = sides(change)
    if before and after and change.old is None:  # then the key did not change: else it would have been sent
        before |= {column.name: after[column.name] for column in columns if column.key}
    told = before and {column.name: _completed(column, before[column.name], earlier) for column in columns}
    left = after and {column.name: _completed(column, after[column.name], None) for column in columns}
    if told and left:  # what was not sent of the row after an update did not change
        left = {name: told[name] if one.standing == Standing.NOT_SENT else one for name, one in left.items()}
    return Step(change.id, change.kind, change.schema_name, change.table_name, columns, told or {}, left or {}, what)


def _completed(column: Column, told: Told, earlier: Values | None) -> Told:
    """The value, or what history knew of it if the source did not send it. A digest is none, whatever the rule is."""
    if told.standing == Standing.NOT_SENT and earlier is not None and column.name in earlier:
        known = earlier[column.name]
        told = Told(known) if known is None or isinstance(known, str) else Told(known.start, Standing.CUT, known.length)
    is_masked = told.text is not None and (column.rule == "mask" or bool(short_digest(told.text)))
    return Told(told.text, Standing.MASKED) if told.standing == Standing.KNOWN and is_masked else told
