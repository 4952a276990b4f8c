"""Compares one table with what history knows of it: digests of all rows first, rows only where those differ."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from statetrace_ui.capture.verification.source_rows import SourceRow, SourceRows
from statetrace_ui.history.present.folding import Known
from statetrace_ui.history.present.rows import KnownRow, PresentRows
from statetrace_ui.wal.records import Change, Relation
from statetrace_ui.wal.row_digests import Digests, digits_for, whole

# Rows of differing buckets that are held at once, without their values.
MOST_ROWS = 100_000
# Differences of one table that are listed; of more it is known that there are more.
MOST_DIFFERENCES = 200
# A table that differs in more rows is better read anew.
MOST_MENDED = 20_000
ROWS_OF_PAGE = 60

Kind = Literal["value", "missing", "extra", "erased"]


@dataclass(frozen=True)
class Difference:
    """A row that differs. missing: history does not have it; extra: the table does not.

    erased: the table has rows whose keys an erasure replaced in history; all of a table are one difference, `times`
    tells how many they are. What was erased is not named again, and nothing mends it.
    key: the record key; '' of a table without one, and of what was erased. columns: those whose values differ. times:
    how many equal rows.
    """

    kind: Kind
    key: str
    columns: tuple[str, ...] = ()
    times: int = 1


# Called with a difference, the row at the source, and what history has of it; None for a side that lacks it.
Mender = Callable[[Difference, Change | None, Known | None], None]


@dataclass
class Compared:
    """rows: of the table. more: whether there are differences beside those that are listed.

    found: how many differences were looked at. erased: rows whose values were erased from history, which cannot differ.
    """

    rows: int
    differences: list[Difference] = field(default_factory=list)
    found: int = 0
    more: bool = False
    erased: int = 0


class _Sides(NamedTuple):
    """The rows of one key, or of one digest where there is no key."""

    found: SourceRow | None
    known: KnownRow | None
    times: int  # how many more the source has; of keys always 1


class TableComparison:
    def __init__(
        self,
        relation: Relation,
        source: SourceRows,
        history: PresentRows,
        is_replaced: Callable[[str], bool],
        mend: Mender | None = None,
    ) -> None:
        self._relation, self._source, self._history = relation, source, history
        self._is_replaced, self._mend = is_replaced, mend
        self._still_there = 0  # rows whose keys were replaced
        self._most = MOST_MENDED if mend else MOST_DIFFERENCES

    def run(self) -> Compared:
        """Raises SourceError."""
        digits = digits_for(self._source.pages() * ROWS_OF_PAGE)
        theirs = self._source.digests(digits)
        ours = self._history.digests(digits)
        compared = Compared(theirs.rows)
        self._compare(compared, digits, _groups(theirs, ours))
        if self._still_there:
            compared.found += self._still_there
            compared.differences.insert(0, Difference("erased", "", (), self._still_there))
        return compared

    def _compare(self, compared: Compared, digits: int, groups: Iterator[list[str]]) -> None:
        for buckets in groups:
            for difference in self._differences(compared, digits, buckets):
                if compared.found == self._most:
                    compared.more = True
                    return
                compared.found += 1
                if len(compared.differences) < MOST_DIFFERENCES:
                    compared.differences.append(difference)

    def _differences(self, compared: Compared, digits: int, buckets: Sequence[str]) -> Iterator[Difference]:
        pairs = self._by_key(digits, buckets) if self._relation.key else self._by_digest(digits, buckets)
        for sides in pairs:
            found, known = self._read(sides)
            if known and known.erased:
                compared.erased += 1
            elif sides.found and not known and sides.found.key and self._is_replaced(sides.found.key):
                self._still_there += 1
            elif difference := self._difference(sides, found, known):
                yield difference
                if self._mend:
                    self._mend(difference, found, known)

    def _by_key(self, digits: int, buckets: Sequence[str]) -> Iterator[_Sides]:
        found = {row.key: row for row in self._source.rows(digits, buckets)}
        for known in self._history.rows(digits, buckets):
            row = found.get(known.key)
            if row and row.digest == known.digest:
                del found[known.key]
            elif row:
                del found[known.key]
                yield _Sides(row, known, 1)
            else:
                yield _Sides(None, known, -1)
        for row in found.values():
            yield _Sides(row, None, 1)

    def _by_digest(self, digits: int, buckets: Sequence[str]) -> Iterator[_Sides]:
        times: dict[str, int] = {}
        found: dict[str, SourceRow] = {}
        known: dict[str, KnownRow] = {}
        for row in self._source.rows(digits, buckets):
            found[row.digest] = row
            times[row.digest] = times.get(row.digest, 0) + 1
        for stored in self._history.rows(digits, buckets):
            known[stored.digest] = stored
            times[stored.digest] = times.get(stored.digest, 0) - stored.times
        for digest, more in times.items():
            if more:
                yield _Sides(found.get(digest), known.get(digest), more)

    def _read(self, sides: _Sides) -> tuple[Change | None, Known | None]:
        """The rows with their values; of a table without a key, only of the side that has more of them."""
        keyed = bool(self._relation.key)
        found, known = None, None
        if sides.found and (keyed or sides.times > 0):
            [(_, found)] = self._source.changes([sides.found.place])
        if sides.known and (keyed or sides.times < 0):
            known = self._history.known(sides.known.id, sides.known.side)
        return found, known

    def _difference(self, sides: _Sides, found: Change | None, known: Known | None) -> Difference | None:
        if found and known:
            columns = differing_columns(self._relation, found, known)
            return Difference("value", found.record_key, columns) if columns else None
        key = sides.known.key if sides.known else ""
        return (
            Difference("missing", found.record_key, (), sides.times)
            if found
            else Difference("extra", key, (), -sides.times)
        )


def differing_columns(relation: Relation, found: Change, known: Known) -> tuple[str, ...]:
    """The columns whose values differ, or of which history knows nothing."""
    row, marks = found.new or {}, found.cut.get("new", {})
    return tuple(
        name
        for name in relation.names
        if name not in relation.excluded and whole(row.get(name), marks.get(name)) != known.stands_for(name)
    )


def _groups(theirs: Digests, ours: Digests) -> Iterator[list[str]]:
    """The differing buckets, as many at once as hold MOST_ROWS on both sides, at least one."""
    group: list[str] = []
    rows = 0
    for bucket in theirs.differing(ours):
        size = sum(side.sums[bucket].rows for side in (theirs, ours) if bucket in side.sums)
        if group and rows + size > MOST_ROWS:
            yield group
            group, rows = [], 0
        group.append(bucket)
        rows += size
    if group:
        yield group
