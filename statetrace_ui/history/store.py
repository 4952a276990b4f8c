"""The only writer of history: stores whole transactions of a source together with the position reached, all or nothing.

Storing is idempotent: a transaction that ends at or before the source's stored position is skipped. A stream that sends
transactions again, after a crash of either side, therefore doubles nothing.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history import annotations
from statetrace_ui.history.annotation_table import AnnotationTable
from statetrace_ui.history.annotations import ActionAnnotation, MigrationAnnotation, SessionAnnotation
from statetrace_ui.history.change_writer import CHUNK_ROWS, ChangeWriter, PlacedChange, chunks
from statetrace_ui.history.models import Source
from statetrace_ui.history.session_writer import SessionWriter
from statetrace_ui.history.transaction_writer import Draft, TransactionWriter
from statetrace_ui.history.unread_writer import UnreadWriter
from statetrace_ui.wal import records


@dataclass(frozen=True, slots=True)
class Stored:
    """The counts of what one call of `store` added. migrated: whether the application announced a migration."""

    transactions: int = 0
    changes: int = 0
    migrated: bool = False


class RulesChanged(Exception):
    """Somebody has changed the source's column rules since the rows were read: they must be read again."""

    def __init__(self, source: Source) -> None:
        super().__init__(f"The column rules of {source} were changed in the meantime.")


def store(source: Source, transactions: Iterable[records.Transaction]) -> Stored:
    """Write the transactions, given in commit order, in one transaction of ours, and advance `source.position`.

    Raises RulesChanged if they were read under other column rules than those that hold now. Calls for different sources
    wait for each other: ids become visible in their own order, which live views count on.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('statetrace history flush', 0))")
        position = _locked_position(cursor, source)
        fresh = [item for item in transactions if item.end_lsn > position]
        if not fresh:
            return Stored()
        stored = _HistoryWriter(cursor, source.pk).write(fresh)
        _advance(cursor, source, fresh[-1].end_lsn)
    source.position = fresh[-1].end_lsn
    return stored


def store_baseline(source: Source, baseline: records.Transaction, first: bool) -> Stored:
    """Write a baseline of any size in one transaction of ours. first: also set the source's position.

    Raises RulesChanged as `store` does, soon after the rules were changed.
    It may take hours, so it does not wait for calls of `store`, nor they for it. Its rows become visible late: a live
    view that was open before shows them only after a reload.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        with _while_rules_hold(cursor, source, baseline) as rows:
            stored = _HistoryWriter(cursor, source.pk).write([rows])
        _locked_position(cursor, source)
        if first:
            _advance(cursor, source, baseline.end_lsn)
    if first:
        source.position = baseline.end_lsn
    return stored


def _locked_position(cursor: CursorWrapper, source: Source) -> int:
    """Lock the source, so that its rules stay as they are until our transaction ends.

    Raises Source.DoesNotExist if it was removed in the meantime, RulesChanged if its rules were changed.
    """
    cursor.execute("SELECT position, rules_revision FROM history_source WHERE id = %s FOR NO KEY UPDATE", [source.pk])
    row = cursor.fetchone()
    if row is None:
        raise Source.DoesNotExist(f"The source {source} was removed.")
    if row[1] != source.rules_revision:
        raise RulesChanged(source)
    return int(row[0])


@contextmanager
def _while_rules_hold(
    cursor: CursorWrapper, source: Source, baseline: records.Transaction
) -> Iterator[records.Transaction]:
    """The baseline, whose changes end with RulesChanged soon after somebody has changed the rules.

    Whatever ends it early, the reading at the source is ended, too: its connection could not be closed meanwhile.
    """
    rows = iter(baseline.changes)

    def changes() -> Iterator[records.Change]:
        for number, change in enumerate(rows):
            if number % CHUNK_ROWS == 0:
                cursor.execute("SELECT rules_revision FROM history_source WHERE id = %s", [source.pk])
                if cursor.fetchone() != (source.rules_revision,):
                    raise RulesChanged(source)
            yield change

    try:
        yield replace(baseline, changes=changes())
    finally:
        if isinstance(rows, Generator):
            rows.close()


def advance(source: Source, position: int) -> None:
    """Count everything before `position` as stored, because no change was in it. A position never goes back."""
    with connection.cursor() as cursor:
        _advance(cursor, source, position)
    source.position = max(source.position, position)


def _advance(cursor: CursorWrapper, source: Source, position: int) -> None:
    cursor.execute(
        "UPDATE history_source SET position = GREATEST(position, %s), seen_at = now() WHERE id = %s",
        [position, source.pk],
    )


class _HistoryWriter:
    """Writes transactions of one source within a transaction of ours, each kind of row by a writer of its own.

    A transaction's row is written after its changes, which are counted meanwhile; foreign keys are checked at the end.
    """

    def __init__(self, cursor: CursorWrapper, source_id: int) -> None:
        self._changes = ChangeWriter(cursor, source_id)
        self._sessions = SessionWriter(cursor, source_id)
        self._transactions = TransactionWriter(cursor, source_id)
        self._annotations = AnnotationTable(cursor, source_id)
        self._unread = UnreadWriter(cursor, source_id)

    def write(self, transactions: Sequence[records.Transaction]) -> Stored:
        drafts = self._transactions.draft(transactions)
        for chunk in chunks(self._placed_changes(drafts)):
            self._changes.write(chunk)
            self._sessions.write_sessions()
        self._sessions.write_sessions()
        self._transactions.write(drafts)
        for draft in drafts:
            self._sessions.add_actions(draft.id, draft.committed_at, draft.change_count, draft.actions)
        self._sessions.write_actions()
        self._unread.write()
        self._annotations.keep()
        return Stored(
            len(drafts), sum(draft.change_count for draft in drafts), any(draft.kind == "migration" for draft in drafts)
        )

    def _placed_changes(self, drafts: Iterable[Draft]) -> Iterator[PlacedChange]:
        """Every row change with its place. A new annotation is no change; one that is altered or removed is, too."""
        for draft in drafts:
            for change in draft.changes:
                annotates = self._annotations.is_of(change.relation)
                if annotates:
                    self._annotate(draft, change)
                if not annotates or change.kind in "UDT":
                    yield draft, draft.change_count, change
                    draft.change_count += 1

    def _annotate(self, draft: Draft, change: records.Change) -> None:
        """In a baseline only sessions count, which may go on; its actions happened before capture began.

        An action that is altered afterwards stays what it was; a session's announcement may add to what is known.
        """
        if change.kind not in "IBU" or change.new is None:
            return
        reading = annotations.parse(change.new)
        if reading.problems:
            self._unread.add(change.new, reading.problems, draft.committed_at, draft.transaction.commit_lsn)
        match reading.annotation:
            case SessionAnnotation() as session:
                self._sessions.announce(session, draft.committed_at, happened=change.kind != "B")
            case ActionAnnotation() as action if change.kind == "I":
                self._sessions.mention(action.session_key, draft.committed_at)
                draft.actions.append(action)
            case MigrationAnnotation() if change.kind == "I":
                draft.kind = "migration"
