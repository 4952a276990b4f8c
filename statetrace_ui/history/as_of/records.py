"""The state of one record as of a moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from statetrace_ui.history.as_of.folding import Row
from statetrace_ui.history.as_of.lookups import Latest, latest
from statetrace_ui.history.as_of.tables import Ignorance, TableAt
from statetrace_ui.history.as_of.walks import Walk, columns_of, complete, folded, row_of, walk_back
from statetrace_ui.history.erasure.marks import is_erased
from statetrace_ui.history.models import Change
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.ranges import fetched
from statetrace_ui.history.queries.record import former_keys
from statetrace_ui.web.tones import Tone


class Status(StrEnum):
    EXISTS = "exists"
    ABSENT = "absent"  # there was no row of this key, and none is known from before
    DELETED = "deleted"
    MOVED = "moved"  # the row lives on under another key
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return STATUSES[self][0]

    @property
    def tone(self) -> Tone:
        return STATUSES[self][1]


STATUSES = {
    Status.EXISTS: ("Exists", Tone.GOOD),
    Status.ABSENT: ("Did not exist", Tone.PLAIN),
    Status.DELETED: ("Deleted", Tone.BAD),
    Status.MOVED: ("Has another key", Tone.INFO),
    Status.UNKNOWN: ("Unknown", Tone.WARN),
}


@dataclass(frozen=True)
class RecordAt:
    """cause: the change that made it so: the row's last one, its end, or the change of its key.

    columns: of the table then, as `Relation.columns` has them. row: of a record that exists. before: the row before the
    transaction of `cause`, as far as it is known. changes: those that set fields, by id. looked_back_to: the oldest
    change that was looked at for who set the fields, where there are older ones.
    """

    key: str
    status: Status
    ignorance: Ignorance | None = None
    cause: Change | None = None
    columns: Sequence[dict[str, Any]] = ()
    row: Row = field(default_factory=dict)
    before: Row = field(default_factory=dict)
    changes: dict[int, Change] = field(default_factory=dict)
    looked_back_to: Change | None = None

    @property
    def exists(self) -> bool:
        return self.status == Status.EXISTS

    @property
    def is_erased(self) -> bool:
        """Whether the values of its last change were erased, so that the row is not known."""
        return self.exists and self.cause is not None and is_erased(self.cause.cut)


def record_at(table: TableAt, key: str) -> RecordAt:
    if table.ignorance:
        return RecordAt(key, Status.UNKNOWN, table.ignorance, table.ignorance.mark)
    found = latest(*table.ids, [key], table.since, table.moment.until).get(key, Latest())
    if found.is_alive:
        return _existing(table, key)
    if found.moved is not None:
        return RecordAt(key, Status.MOVED, cause=_change(table, found.moved))
    if found.own is not None:
        return RecordAt(key, Status.DELETED, cause=_change(table, found.own, found.baseline))
    return _ended_with_the_table(table, key)


def followed(table: TableAt, key: str) -> RecordAt:
    """As `record_at`; of a row that had another key then, its state under that key."""
    found = record_at(table, key)
    if found.status in (Status.ABSENT, Status.DELETED):
        for former, end in former_keys(*table.ids, key):
            if table.moment.until < end and (then := record_at(table, former)).exists:
                return then
    return found


def _existing(table: TableAt, key: str) -> RecordAt:
    walk = walk_back(table, key)
    looked_back_to = None if walk.ended else walk.changes[-1]
    complete(table, [walk])
    cause = walk.changes[0]
    altered = [change for change in table.alterations if change.pk > walk.changes[-1].pk]
    known = {change.pk: change for change in [*walk.changes, *altered]}
    return RecordAt(
        key,
        Status.EXISTS,
        cause=cause,
        columns=columns_of(table, walk),
        row=row_of(table, walk),
        before=_row_before(table, walk),
        changes=known,
        looked_back_to=looked_back_to,
    )


def _row_before(table: TableAt, walk: Walk) -> Row:
    """The row before the transaction of its last change."""
    last = walk.changes[0]
    earlier = [change for change in walk.changes if change.transaction_id != last.transaction_id]
    return folded(earlier, (change for change in table.alterations if change.pk < last.pk))


def _ended_with_the_table(table: TableAt, key: str) -> RecordAt:
    """What is known of a key that has no change since the table was emptied or read as a whole."""
    if table.reset is None:
        return RecordAt(key, Status.ABSENT)
    found = latest(*table.ids, [key], 0, table.since).get(key, Latest())
    if found.is_alive:
        return RecordAt(key, Status.DELETED, cause=table.reset)
    if found.own is not None and found.moved is None:
        return RecordAt(key, Status.DELETED, cause=_change(table, found.own, found.baseline))
    return RecordAt(key, Status.ABSENT)


def _change(table: TableAt, number: int, baseline: bool = False) -> Change:
    return fetched(listed_changes(), [(table.table.source_id, number, baseline)], 1).rows[0]
