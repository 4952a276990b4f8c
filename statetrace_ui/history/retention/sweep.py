"""Removes changes that are over, batch by batch in the order of ids, and keeps the last state of rows that live on.

A batch takes no lock but those of its rows and of the chain, for a moment, so that capture goes on meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history import partitions
from statetrace_ui.history.models import Change
from statetrace_ui.history.removals import removing
from statetrace_ui.history.retention.checkpoints import Checkpoints
from statetrace_ui.history.retention.rules import REASON, Limit
from statetrace_ui.history.retention.states import complete_state

BATCH_ROWS = 2_000
# Changes that are over, with whether theirs is the last state of a row that lives on, or such a state goes on needing
# them. Each part that looks for what followed is one look-up in an index of changes.
NEXT = """
SELECT c.id, c.table_id, c.kind, c.baseline, c.new_absent IS NOT NULL, CASE
    WHEN c.kind = ANY ('{D,T,S}') THEN false
    WHEN c.kind = ANY ('{A,E}') THEN NOT EXISTS (
        SELECT FROM history_change f WHERE f.source_id = c.source_id AND f.table_id = c.table_id
           AND f.kind = ANY ('{T,S,E}') AND f.id > c.id AND f.id < limits.first_kept)
    WHEN c.record_key = '' THEN EXISTS (
        SELECT FROM history_keptrow k WHERE k.source_id = c.source_id AND k.change_id = c.id)
    ELSE NOT EXISTS (
        SELECT FROM history_change f WHERE f.source_id = c.source_id AND f.table_id = c.table_id
           AND f.record_key = c.record_key AND f.id > c.id AND f.id < limits.first_kept)
      AND NOT EXISTS (
        SELECT FROM history_change f WHERE f.source_id = c.source_id AND f.table_id = c.table_id
           AND f.old_record_key = c.record_key AND f.old_record_key <> '' AND f.id > c.id AND f.id < limits.first_kept)
      AND NOT EXISTS (
        SELECT FROM history_change f WHERE f.source_id = c.source_id AND f.table_id = c.table_id
           AND f.kind = ANY ('{T,S,E}') AND f.id > c.id AND f.id < limits.first_kept)
    END
FROM history_change c
JOIN unnest(%s::int[], %s::bigint[]) AS limits (table_id, first_kept)
  ON limits.table_id = c.table_id AND c.id < limits.first_kept
WHERE c.source_id = %s AND c.id > %s AND c.id < %s
ORDER BY c.id LIMIT %s
"""
REMOVE = "DELETE FROM history_change WHERE source_id = %s AND id = ANY (%s)"
KEEP = """
UPDATE history_change SET kind = 'B', baseline = true, transaction_id = %s, old = NULL, old_absent = NULL,
    old_record_key = '', cut = NULLIF(cut - 'old', '{}')
WHERE source_id = %s AND id = ANY (%s)
"""
COMPLETE = "UPDATE history_change SET new = %s, new_absent = %s, cut = %s WHERE source_id = %s AND id = %s"


class Row(NamedTuple):
    """A row of NEXT. incomplete: whether some values were not sent."""

    id: int
    table_id: int
    kind: str
    baseline: bool
    incomplete: bool
    stays: bool


@dataclass(slots=True)
class Swept:
    """The counts of a batch. last_id: of the last change that was looked at; None at the end."""

    last_id: int | None
    removed: int
    kept: int


class Sweep:
    """The changes of one source that are over."""

    def __init__(self, source_id: int, limits: Sequence[Limit], checkpoints: Checkpoints) -> None:
        self._source_id = source_id
        self.limits = limits
        self._checkpoints = checkpoints
        self._end = max((limit.first_kept for limit in limits), default=0)

    def complete(self, after: int) -> Swept:
        """Complete the last states of rows whose last change did not send all of them, while what did is still there.

        after: the id to go on from; nothing is removed.
        """
        rows = self._next(after, self._end)
        ids = [row.id for row in rows if row.stays and row.incomplete and not row.baseline]
        if ids:
            with connection.cursor() as cursor, removing(cursor, self._source_id, REASON, changes=ids):
                for change in self._changes(ids):
                    cursor.execute(COMPLETE, [*complete_state(change), self._source_id, change.pk])
        return Swept(_last(rows), 0, 0)

    def remove(self, after: int, before: int, keep_rest: bool = False) -> Swept:
        """Keep the last states of rows that live on, and remove the rest, of the ids after `after` and below `before`.

        keep_rest: the rest is left as it is, since its whole partition is about to go.
        """
        rows = self._next(after, before)
        kept = [row for row in rows if row.stays and not row.baseline and row.kind not in "AE"]
        removed = [row.id for row in rows if not row.stays and not (keep_rest and not row.baseline)]
        if kept or removed:
            with connection.cursor() as cursor:
                self._write(cursor, kept, removed)
        return Swept(_last(rows), len(removed), len(kept))

    def _next(self, after: int, before: int) -> list[Row]:
        tables = [limit.table_id for limit in self.limits]
        firsts = [limit.first_kept for limit in self.limits]
        with connection.cursor() as cursor:
            cursor.execute(NEXT, [tables, firsts, self._source_id, after, before, BATCH_ROWS])
            return [Row(*values) for values in cursor.fetchall()]

    def _write(self, cursor: CursorWrapper, kept: list[Row], removed: list[int]) -> None:
        if kept:
            partitions.ensure(cursor, "baseline", kept[0].id, kept[-1].id)
        by_table: dict[int, list[int]] = defaultdict(list)
        for row in kept:
            by_table[row.table_id].append(row.id)
        new = self._checkpoints.missing(by_table)
        changes = sorted([*(row.id for row in kept), *removed])
        with removing(cursor, self._source_id, REASON, changes=changes, transactions=list(new)):
            self._checkpoints.make(new)
            for table_id, ids in by_table.items():
                cursor.execute(KEEP, [self._checkpoints.of_table(table_id), self._source_id, ids])
            cursor.execute(REMOVE, [self._source_id, removed])

    def _changes(self, ids: Iterable[int]) -> Iterator[Change]:
        found = Change.objects.filter(source=self._source_id, id__in=list(ids)).select_related("relation")
        yield from found.order_by("id").iterator(chunk_size=100)


def _last(rows: Sequence[Row]) -> int | None:
    return rows[-1].id if len(rows) == BATCH_ROWS else None
