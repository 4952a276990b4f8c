"""What history has of each value of a change: the value, or why it is not there. Pure.

Who copies values out of history must never let one that is missing pass for an empty one, nor a digest for a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from statetrace_ui.history.erasure.marks import erased_columns, is_erased
from statetrace_ui.history.row_arrays import Columns


class Standing(StrEnum):
    KNOWN = "known"
    NOT_SENT = "not sent"  # by the source: before an update, or because it is large and did not change
    MASKED = "masked"  # a digest stands in its place
    CUT = "cut"  # too large: its beginning is stored
    ERASED = "erased"
    EXCLUDED = "not captured"  # a column rule excludes it


@dataclass(frozen=True, slots=True)
class Told:
    """A value as far as history has it. text: None for NULL, and where nothing is stored. bytes: of one that is cut."""

    text: str | None = None
    standing: Standing = Standing.KNOWN
    bytes: int = 0

    @property
    def is_stored(self) -> bool:
        return self.standing in (Standing.KNOWN, Standing.MASKED, Standing.CUT)


Side = dict[str, Told]  # by the names of columns


def sides(change: Any) -> tuple[Side | None, Side | None]:
    """The row before and after the change; None where there was no row.

    change: the model's, or whatever has the same fields, with its values whole.
    """
    before = _side(change, "old", change.old, change.old_absent)
    after = _side(change, "new", change.new, change.new_absent)
    return (before if change.kind in "UDA" else None), (after if change.kind in "UIBA" else None)


def _side(change: Any, side: str, values: list[str | None] | None, absent: list[int] | None) -> Side:
    cut, gone, erased = (change.cut or {}).get(side, {}), frozenset(absent or ()), erased_columns(change.cut)
    columns: Columns = change.columns
    if is_erased(change.cut):
        return {column["name"]: Told(standing=Standing.ERASED) for column in columns}
    found = {}
    for place, column in enumerate(columns):
        name = column["name"]
        sent = values is not None and place < len(values) and place + 1 not in gone
        found[name] = _told(column, values[place] if values and sent else None, sent, cut.get(name), name in erased)
    return found


def _told(column: Mapping[str, Any], text: str | None, sent: bool, cut: Mapping[str, Any] | None, erased: bool) -> Told:
    if column.get("rule") == "exclude":
        return Told(standing=Standing.EXCLUDED)
    if not sent:
        return Told(standing=Standing.NOT_SENT)
    if erased:
        return Told(standing=Standing.ERASED)
    if cut:
        return Told(text, Standing.CUT, cut["bytes"])
    return Told(text, Standing.MASKED if column.get("rule") == "mask" and text is not None else Standing.KNOWN)
