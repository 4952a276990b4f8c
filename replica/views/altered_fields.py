"""Which fields a request altered in two builds of an application, or in two groups of sessions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from statetrace_ui.history.change_rows import ChangeRow, rows_of
from statetrace_ui.history.diff import FieldKind
from statetrace_ui.history.models import Source
from statetrace_ui.history.queries import updates_of

MOST_UPDATES = 300  # of each side


@dataclass(frozen=True, slots=True)
class Share:
    """In how many of a table's updates a field was altered."""

    altered: int
    updates: int

    @property
    def percent(self) -> float | None:
        return 100 * self.altered / self.updates if self.updates else None


@dataclass(frozen=True, slots=True)
class FieldPair:
    """A field of a table, with how often each side altered it."""

    table: str
    name: str
    base: Share
    new: Share

    @property
    def presence(self) -> str:
        """“new” or “gone” for what only one of the sides altered."""
        return "" if self.base.altered and self.new.altered else "new" if self.new.altered else "gone"

    @property
    def difference(self) -> float:
        return abs((self.new.percent or 0.0) - (self.base.percent or 0.0))


def field_pairs(source: Source, base: Sequence[int], new: Sequence[int]) -> list[FieldPair]:
    """Of the transactions of both sides; what differs most first. Updates whose row before is unknown do not count."""
    sides = [_counted(rows_of(updates_of(source, some, MOST_UPDATES))) for some in (base, new)]
    altered, updates = zip(*sides, strict=True)
    pairs = [
        FieldPair(*key, *(Share(altered[side][key], updates[side][key[0]]) for side in (0, 1)))
        for key in sorted({*altered[0], *altered[1]})
    ]
    return sorted(pairs, key=lambda pair: -pair.difference)


def _counted(rows: Iterable[ChangeRow]) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """How often each (table, field) was altered, and how many updates of each table were compared."""
    altered: Counter[tuple[str, str]] = Counter()
    updates: Counter[str] = Counter()
    for row in rows:
        kinds = {field.name: field.kind for field in row.fields}
        if row.too_large or row.is_erased or FieldKind.UNKNOWN in kinds.values():
            continue
        updates[row.table] += 1
        altered.update((row.table, name) for name, kind in kinds.items() if kind == FieldKind.CHANGED)
    return altered, updates
