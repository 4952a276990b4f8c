"""The store's writer of transactions: takes their ids first, and writes their rows once their changes are counted."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.annotations import ActionAnnotation
from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.history.rollups.spans import OF_BASELINES, Fact
from statetrace_ui.wal import records

COPY_TRANSACTIONS = """
COPY history_transaction (id, source_id, era, kind, commit_lsn, end_lsn, xid, committed_at, change_count,
                          first_change, last_change, outside) FROM STDIN
"""
ERA = "SELECT era FROM history_source WHERE id = %s"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEW_IDS = "SELECT nextval(pg_get_serial_sequence('history_transaction', 'id')) FROM generate_series(1, %s)"


@dataclass(slots=True)
class Draft:
    """A transaction that has an id and no row yet. kind: of the Transaction model.

    first_change, last_change: the ids of its changes that are written; None before the first. kinds: how many there
    are of each table and kind.
    """

    id: int
    transaction: records.Transaction
    kind: str
    change_count: int = 0
    first_change: int | None = None
    last_change: int | None = None
    actions: Sequence[ActionAnnotation] = ()
    kinds: Counter[tuple[int | None, str]] = field(default_factory=Counter)

    def number(self, first: int, last: int) -> None:
        """Note the ids of its next changes."""
        if self.first_change is None:
            self.first_change = first
        self.last_change = last

    @property
    def changes(self) -> Iterable[records.Change]:
        return self.transaction.changes

    @property
    def committed_at(self) -> datetime:
        return self.transaction.committed_at

    @property
    def is_worth_a_row(self) -> bool:
        """A transaction that only announced a session is not: the session's own row keeps the announcement."""
        return bool(self.change_count or self.actions or self.kind != "commit")

    def facts(self, sessions: Collection[int]) -> list[Fact]:
        """What of it is counted: all that lists show. sessions: those that its actions name."""
        counted = ((place, count) for place, count in self.kinds.items() if place[1] not in OF_BASELINES)
        return [Fact(self.committed_at, *place, self.is_outside, count, sessions) for place, count in counted]

    @property
    def is_outside(self) -> bool:
        return self.kind == "commit" and not self.actions


class TransactionWriter:
    """era: of the transactions; None for the era that the source is in."""

    def __init__(self, cursor: CursorWrapper, source_id: int, chain: ChainWriter, era: int | None = None) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._chain = chain
        self._era = era

    def draft(self, transactions: Sequence[records.Transaction]) -> list[Draft]:
        """A draft for each transaction, with ids in the same order."""
        self._cursor.execute(NEW_IDS, [len(transactions)])
        ids = [number for (number,) in self._cursor.fetchall()]
        return [Draft(number, item, item.kind) for number, item in zip(ids, transactions, strict=True)]

    def write(self, drafts: Iterable[Draft]) -> None:
        if self._era is None:
            self._cursor.execute(ERA, [self._source_id])
            self._era = self._cursor.fetchone()[0]
        kept = [draft for draft in drafts if draft.is_worth_a_row]
        with self._cursor.copy(COPY_TRANSACTIONS) as copy:
            copy.write("".join([self._copied(draft) for draft in kept]).encode())
        self._chain.add_transactions(
            [f"{self._line(draft, _seconds(draft.committed_at))}\n".encode() for draft in kept]
        )

    def _copied(self, draft: Draft) -> str:
        """The transaction's line as COPY takes it."""
        return f"{self._line(draft, draft.committed_at.isoformat())}\t{'t' if draft.is_outside else 'f'}\n"

    def _line(self, draft: Draft, committed_at: str) -> str:
        """The part of it that the chain covers; there, the form of the time differs. Actions tell what is outside."""
        item = draft.transaction
        xid, first, last = _number(item.xid), _number(draft.first_change), _number(draft.last_change)
        return (
            f"{draft.id}\t{self._source_id}\t{self._era}\t{draft.kind}\t{item.commit_lsn}\t{item.end_lsn}\t{xid}\t"
            f"{committed_at}\t{draft.change_count}\t{first}\t{last}"
        )


def _number(value: int | None) -> int | str:
    return "\\N" if value is None else value


def _seconds(moment: datetime) -> str:
    """Seconds since 1970 as PostgreSQL's `extract(epoch FROM …)` writes them."""
    since = moment - EPOCH
    if since.days < 0:
        return f"-{_seconds(EPOCH - since)}"
    return f"{since.days * 86_400 + since.seconds}.{since.microseconds:06}"
