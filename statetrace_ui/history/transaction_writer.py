"""The store's writer of transactions: takes their ids first, and writes their rows once their changes are counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.annotations import ActionAnnotation
from statetrace_ui.history.chain.writer import ChainWriter
from statetrace_ui.wal import records

COPY_TRANSACTIONS = """
COPY history_transaction (id, source_id, era, kind, commit_lsn, end_lsn, xid, committed_at, change_count,
                          first_change, last_change) FROM STDIN
"""
ERA = "SELECT era FROM history_source WHERE id = %s"
NEW_IDS = "SELECT nextval(pg_get_serial_sequence('history_transaction', 'id')) FROM generate_series(1, %s)"


@dataclass(slots=True)
class Draft:
    """A transaction that has an id and no row yet. kind: of the Transaction model.

    first_change, last_change: the ids of its changes that are written; None before the first.
    """

    id: int
    transaction: records.Transaction
    kind: str
    change_count: int = 0
    first_change: int | None = None
    last_change: int | None = None
    actions: list[ActionAnnotation] = field(default_factory=list)

    def number(self, change_id: int) -> None:
        """Note the id of its next change."""
        if self.first_change is None:
            self.first_change = change_id
        self.last_change = change_id

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
            for draft in kept:
                copy.write_row(self._row(draft))
        self._chain.add_transactions(draft.id for draft in kept)

    def _row(self, draft: Draft) -> tuple[Any, ...]:
        item = draft.transaction
        return (
            draft.id,
            self._source_id,
            self._era,
            draft.kind,
            item.commit_lsn,
            item.end_lsn,
            item.xid,
            item.committed_at,
            draft.change_count,
            draft.first_change,
            draft.last_change,
        )
