"""Removes changes that are over, batch by batch in the order of ids, and keeps the last state of rows that live on.

A batch takes no lock but those of its rows and of the chain, for a moment, so that capture goes on meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
# Changes of the whole table that its rows' states go on needing; they lie in the branch of baselines from then on.
MOVED_KINDS = "AG"
# Changes that are over, with whether theirs is the last state of a row that lives on. Each part that looks for what
# followed is one look-up in an index of changes.
NEXT = """
SELECT c.id, c.table_id, c.kind, c.baseline, c.new_absent IS NOT NULL, CASE
    WHEN c.kind <> ALL ('{I,U,B}') THEN false
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
MOVE = "UPDATE history_change SET baseline = true WHERE source_id = %s AND id = ANY (%s)"
REMOVE = "DELETE FROM history_change WHERE source_id = %s AND id = ANY (%s)"
KEEP = """
UPDATE history_change SET kind = 'B', baseline = true, transaction_id = %s, old = NULL, old_absent = NULL,
    cut = NULLIF(cut - 'old', '{}')
WHERE source_id = %s AND id = ANY (%s)
"""
COMPLETE = "UPDATE history_change SET new = %s, new_absent = %s WHERE source_id = %s AND id = %s"
# The key that a kept row had before is over, too. It could not go before the changes under it.
FORMER = """
SELECT id FROM history_change
WHERE source_id = %s AND table_id = %s AND old_record_key <> '' AND baseline LIMIT %s
"""
FORGET_FORMER = "UPDATE history_change SET old_record_key = '' WHERE source_id = %s AND id = ANY (%s)"


class Row(NamedTuple):
    """A row of NEXT. stays: whether it is the last state of a row that lives on."""

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


@dataclass(slots=True)
class _Batch:
    """What to do with the changes of a batch. kept: the ids by table."""

    removed: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    kept: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    incomplete: list[int] = field(default_factory=list)

    @property
    def changes_branch(self) -> list[int]:
        return sorted([*self.moved, *(number for ids in self.kept.values() for number in ids)])


class Sweep:
    """The changes of one source that are over."""

    def __init__(self, source_id: int, limits: Sequence[Limit], checkpoints: Checkpoints) -> None:
        self._source_id = source_id
        self.limits = limits
        self._checkpoints = checkpoints
        self._end = max((limit.first_kept for limit in limits), default=0)

    def complete(self, after: int) -> Swept:
        """Keep the last states of those rows whose last change did not send all of it, while what did is still there.

        after: the id to go on from; the rest is left as it is.
        """
        return self._batch(after, self._end, only_incomplete=True)

    def remove(self, after: int, before: int, keep_rest: bool = False) -> Swept:
        """Keep the last states of rows that live on, and remove the rest, of the ids after `after` and below `before`.

        keep_rest: the rest is left as it is, since its whole partition is about to go.
        """
        return self._batch(after, before, keep_rest=keep_rest)

    def _batch(self, after: int, before: int, only_incomplete: bool = False, keep_rest: bool = False) -> Swept:
        with connection.cursor() as cursor:
            tables = [limit.table_id for limit in self.limits]
            firsts = [limit.first_kept for limit in self.limits]
            cursor.execute(NEXT, [tables, firsts, self._source_id, after, before, BATCH_ROWS])
            rows = [Row(*values) for values in cursor.fetchall()]
            batch = _sorted(rows, only_incomplete, keep_rest)
            if batch.changes_branch or batch.removed:
                self._write(cursor, batch)
        last_id = rows[-1].id if len(rows) == BATCH_ROWS else None
        return Swept(last_id, len(batch.removed), sum(map(len, batch.kept.values())))

    def _write(self, cursor: CursorWrapper, batch: _Batch) -> None:
        if ids := batch.changes_branch:
            partitions.ensure(cursor, "baseline", ids[0], ids[-1])
        new = self._checkpoints.missing(batch.kept)
        changes = sorted([*ids, *batch.removed])
        with removing(cursor, self._source_id, REASON, changes=changes, transactions=list(new)):
            self._checkpoints.make(new)
            for change in self._changes(batch.incomplete):
                cursor.execute(COMPLETE, [*complete_state(change), self._source_id, change.pk])
            for table_id, kept in batch.kept.items():
                cursor.execute(KEEP, [self._checkpoints.of_table(table_id), self._source_id, kept])
            cursor.execute(MOVE, [self._source_id, batch.moved])
            cursor.execute(REMOVE, [self._source_id, batch.removed])

    def _changes(self, ids: Iterable[int]) -> Iterator[Change]:
        found = Change.objects.filter(source=self._source_id, id__in=list(ids)).select_related("relation")
        yield from found.order_by("id").iterator(chunk_size=100)

    def forget_former_keys(self) -> int:
        """Of a batch of kept rows; returns how many it were."""
        with connection.cursor() as cursor:
            for limit in self.limits:
                cursor.execute(FORMER, [self._source_id, limit.table_id, BATCH_ROWS])
                if ids := [number for (number,) in cursor.fetchall()]:
                    with removing(cursor, self._source_id, REASON, changes=ids):
                        cursor.execute(FORGET_FORMER, [self._source_id, ids])
                    return len(ids)
        return 0


def _sorted(rows: Iterable[Row], only_incomplete: bool, keep_rest: bool) -> _Batch:
    batch = _Batch()
    for row in rows:
        if row.stays:
            # A row of a baseline is a state already; what it lacks was never known.
            if not row.baseline and (row.incomplete or not only_incomplete):
                batch.kept[row.table_id].append(row.id)
                batch.incomplete += [row.id] if row.incomplete else []
        elif only_incomplete or (keep_rest and not row.baseline and row.kind not in MOVED_KINDS):
            continue
        elif row.kind not in MOVED_KINDS:
            batch.removed.append(row.id)
        elif not row.baseline:
            batch.moved.append(row.id)
    return batch
