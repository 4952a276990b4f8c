"""Folds single rows: what a change left of a row, by its present columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.erasure.marks import erasure_of
from statetrace_ui.history.present.table import Stored, TableHistory
from statetrace_ui.history.table_state import row_after
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.records import Row
from statetrace_ui.wal.row_digests import whole

NO_VALUE = "\0"  # no text of PostgreSQL holds it, so a row with it equals none
CHANGES = """
SELECT id, relation_id, record_key, old_record_key, old, old_absent, new, new_absent, cut::text FROM history_change
WHERE source_id = %(source)s AND id = ANY (%(ids)s)
"""
EARLIER = """
SELECT id, relation_id, old_record_key, new, new_absent, cut::text FROM history_change
WHERE source_id = %(source)s AND table_id = %(table)s AND record_key = %(key)s AND id < %(before)s AND id > %(since)s
  AND transaction_id <> ALL (%(unseen)s)
ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True)
class Known:
    """A row by its present columns; those of which nothing is known are missing. erased: values of it were erased."""

    values: dict[str, Stored]
    erased: bool = False

    @property
    def row(self) -> Row:
        return {name: text for name, (text, _) in self.values.items()}

    def stands_for(self, name: str) -> str | None:
        """What of the column goes into the row's digest."""
        return whole(*self.values.get(name, (NO_VALUE, None)))


class RowFolder:
    """Folds rows of one table. masker: of the source."""

    def __init__(self, table: TableHistory, masker: Masker) -> None:
        self._table, self._masker = table, masker

    def fold(self, cursor: CursorWrapper, places: Sequence[tuple[int, str]]) -> Iterator[Known]:
        """What changes left of their rows, after the alterations that followed, in the order of `places`.

        places: (id, side). All are read at once.
        """
        cursor.execute(CHANGES, {**self._table.parameters, "ids": [number for number, _ in places]})
        found = {number: change for number, *change in cursor.fetchall()}
        for number, side in places:
            yield self._fold(cursor, number, side, found[number])

    def _fold(self, cursor: CursorWrapper, number: int, side: str, change: Sequence[Any]) -> Known:
        relation_id, key, old_key, old, old_absent, new, new_absent, cut = change
        array, absent = (new, new_absent) if side == "new" else (old, old_absent)
        marks = orjson.loads(cut) if cut else {}
        values = self._table.values(relation_id, array, absent, marks.get(side))
        if values is None or erasure_of(marks) is not None:
            return Known({}, erased=erasure_of(marks) is not None)
        if absent and side == "new":
            names = {self._table.columns(relation_id)[place - 1]["name"] for place in absent}
            self._complete(cursor, values, names, number, old_key or key)
        after = row_after(values, number, self._table.markers) or {}
        masked = self._table.relation.masked
        return Known({name: self._masked(value) if name in masked else value for name, value in after.items()})

    def _complete(
        self, cursor: CursorWrapper, values: dict[str, Stored], missing: set[str], number: int, key: str
    ) -> None:
        """Add the values that a row's last change left untouched and did not send, from the changes before it."""
        markers = [marker for marker in self._table.markers if marker.id < number]
        before = number
        while missing:
            cursor.execute(
                EARLIER, {**self._table.parameters, "key": key, "before": before, "since": self._table.since}
            )
            change = cursor.fetchone()
            if change is None:
                return
            before, relation_id, old_key, new, new_absent, cut = change
            earlier = self._table.values(relation_id, new, new_absent, orjson.loads(cut).get("new") if cut else None)
            if earlier is None:
                return
            earlier = row_after(earlier, before, markers) or {}
            values.update({name: earlier[name] for name in missing & earlier.keys()})
            missing = missing - earlier.keys()
            key = old_key or key

    def _masked(self, value: Stored) -> Stored:
        """A text of before its column's rule, as the rule would have it."""
        text, mark = value
        if text is None:
            return value
        return self._masker.mask_once(f"sha256:{mark['sha256']}" if mark else text), None
