"""Writes transactions of one source within a transaction of the store, by a writer for each kind of row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history import annotations
from statetrace_ui.history.annotation_messages import parse_message
from statetrace_ui.history.annotation_table import AnnotationTable
from statetrace_ui.history.annotations import ActionAnnotation, MigrationAnnotation, SessionAnnotation
from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.history.change_writer import ChangeWriter, PlacedRun, chunks
from statetrace_ui.history.rollups import writer as rollups
from statetrace_ui.history.session_writer import SessionWriter
from statetrace_ui.history.transaction_writer import Draft, TransactionWriter
from statetrace_ui.history.unread_writer import UnreadWriter
from statetrace_ui.wal import records
from statetrace_ui.wal.lines import change_of
from statetrace_ui.wal.messages import is_message
from statetrace_ui.wal.spill import runs_of

ALTERS_ANNOTATIONS = (b"U", b"D", b"T", b"S", b"A", b"E")
# Of one transaction. Whoever may write annotations could otherwise write more than fit into memory.
MOST_ACTIONS = 1_000
TOO_MANY_ACTIONS = f"Its transaction has {MOST_ACTIONS:,} actions already, and no more are kept."


@dataclass(frozen=True, slots=True)
class Stored:
    """The counts of what one call of `store` added. migrated: whether the application announced a migration."""

    transactions: int = 0
    changes: int = 0
    migrated: bool = False


class HistoryWriter:
    """Writes transactions of one source within a transaction of ours, each kind of row by a writer of its own.

    A transaction's row is written after its changes, which are counted meanwhile; foreign keys are checked at the end.
    """

    def __init__(self, cursor: CursorWrapper, source_id: int, chain: ChainWriter, era: int | None = None) -> None:
        self._changes = ChangeWriter(cursor, source_id, chain)
        self._sessions = SessionWriter(cursor, source_id, chain)
        self._transactions = TransactionWriter(cursor, source_id, chain, era)
        self._annotations = AnnotationTable(cursor, source_id)
        self._cursor, self._source_id = cursor, source_id
        self._unread = UnreadWriter(cursor, source_id)

    def write(self, transactions: Sequence[records.Transaction]) -> Stored:
        drafts = self._transactions.draft(transactions)
        for chunk in chunks(self._placed_runs(drafts)):
            self._changes.write(chunk)
            self._sessions.write_sessions()
        self._sessions.write_sessions()
        self._transactions.write(drafts)
        for draft in drafts:
            if draft.actions:
                self._sessions.add_actions(draft.id, draft.committed_at, draft.change_count, draft.actions)
        self._sessions.write_actions()
        self._unread.write()
        self._annotations.keep()
        self._count(drafts)
        return Stored(
            len(drafts), sum(draft.change_count for draft in drafts), any(draft.kind == "migration" for draft in drafts)
        )

    def _count(self, drafts: Sequence[Draft]) -> None:
        facts = [fact for draft in drafts for fact in draft.facts(self._sessions.ids_of(draft.actions))]
        if facts:
            first = min(draft.first_change for draft in drafts if draft.first_change is not None)
            rollups.begin(self._cursor, self._source_id, first)
            rollups.add(self._cursor, self._source_id, facts)
            rollups.add_actors(self._cursor, self._source_id, facts)

    def _placed_runs(self, drafts: Iterable[Draft]) -> Iterator[PlacedRun]:
        """All row changes. A new annotation is none; one that is altered or removed is, too."""
        for draft in drafts:
            for relation, lines in runs_of(draft.changes):
                if self._annotations.is_of(relation):
                    for line in lines:
                        self._annotate(draft, change_of(relation, line))
                    lines = [line for line in lines if line[:1] in ALTERS_ANNOTATIONS]
                if lines:
                    yield PlacedRun(draft, relation, lines)
                    draft.change_count += len(lines) - _starts(draft, lines)

    def _annotate(self, draft: Draft, change: records.Change) -> None:
        """In a baseline only sessions count, which may go on; its actions happened before capture began.

        An action that is altered afterwards stays what it was; a session's announcement may add to what is known.
        """
        if change.kind not in "IBU" or change.new is None:
            return
        row, reading = _read(change.relation, change.new)
        if reading.problems:
            self._unread.add(row, reading.problems, draft.committed_at, draft.transaction.commit_lsn)
        match reading.annotation:
            case SessionAnnotation() as session:
                self._sessions.announce(session, draft.committed_at, happened=change.kind != "B")
            case ActionAnnotation() as action if change.kind == "I":
                self._add_action(draft, row, action)
            case MigrationAnnotation() if change.kind == "I":
                draft.kind = "migration"

    def _add_action(self, draft: Draft, row: records.Row, action: ActionAnnotation) -> None:
        """A transaction should have one. They are kept in memory until its changes are counted."""
        if len(draft.actions) < MOST_ACTIONS:
            self._sessions.mention(action.session_key, draft.committed_at)
            draft.actions = (*draft.actions, action)
        else:
            self._unread.add(row, (TOO_MANY_ACTIONS,), draft.committed_at, draft.transaction.commit_lsn)


def _read(relation: records.Relation, row: records.Row) -> tuple[records.Row, annotations.Reading]:
    return parse_message(row) if is_message(relation) else (row, annotations.parse(row))


def _starts(draft: Draft, lines: Sequence[bytes]) -> int:
    """How many of the lines say that a baseline begins, which changes nothing."""
    return 0 if draft.transaction.kind == "commit" else sum(line[:1] == b"S" for line in lines)
