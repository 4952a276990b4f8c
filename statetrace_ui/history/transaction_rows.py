"""Rows for lists of transactions: who did it through what, and how much it changed in which tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from statetrace_ui.history import queries
from statetrace_ui.history.change_rows import ChangeRow, is_from_outside, rows_of, table_label
from statetrace_ui.history.models import Action, Change, Session, Table, Transaction
from statetrace_ui.history.queries import transaction_lists
from statetrace_ui.history.queries.transaction_lists import Part
from statetrace_ui.history.table_names import qualified_name


@dataclass(frozen=True, slots=True)
class TableRow:
    """What a transaction did in one table. counts: (kind, how often), in the order of the log."""

    table: Table
    counts: list[tuple[Change.Kind, int]]

    @property
    def label(self) -> str:
        return table_label(self.table)

    @property
    def name(self) -> str:
        """As addresses take it."""
        return qualified_name(self.table.schema_name, self.table.table_name)

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts)


@dataclass(frozen=True)
class TransactionRow:
    """A transaction, as `queries.newest_transactions` reads it.

    tables: of its first MOST_COUNTED changes. changes: its only change; empty if it has more than one.
    """

    transaction: Transaction
    tables: list[TableRow] = field(default_factory=list)
    changes: list[ChangeRow] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether `tables` tells of all its changes."""
        return self.transaction.change_count <= transaction_lists.MOST_COUNTED

    @property
    def is_outside(self) -> bool:
        return is_from_outside(self.transaction.source, self.transaction, self.actions)

    @property
    def actions(self) -> list[Action]:
        return self.transaction.first_actions  # type: ignore[attr-defined,no-any-return]  # of the prefetch

    @property
    def action(self) -> Action | None:
        return self.actions[0] if self.actions else None

    @property
    def more_actions(self) -> str:
        return queries.more_than_first(self.actions)

    @property
    def session(self) -> Session | None:
        return self.action.session if self.action else None


def transaction_rows(transactions: Sequence[Transaction]) -> list[TransactionRow]:
    """One row for each transaction, in the same order; few queries for all."""
    alone = {row.change.transaction_id: row for row in rows_of(queries.only_changes(transactions))}
    tables = tables_of([one for one in transactions if one.pk not in alone])
    return [
        TransactionRow(one, tables.get(one.pk, []), [alone[one.pk]] if one.pk in alone else []) for one in transactions
    ]


def tables_of(transactions: Sequence[Transaction]) -> dict[int, list[TableRow]]:
    """{transaction id: what it did in its tables, in the order in which it first came to them}."""
    parts = queries.parts_of(transactions)
    ids = {part.table_id for some in parts.values() for part in some}
    names = queries.tables_by_id({one.source_id for one in transactions}, ids)
    return {pk: _tables(some, names) for pk, some in parts.items()}


def _tables(parts: Sequence[Part], names: dict[int, Table]) -> list[TableRow]:
    order = list(dict.fromkeys(part.table_id for part in parts))
    by_table = groupby(sorted(parts, key=lambda part: order.index(part.table_id)), key=lambda part: part.table_id)
    return [
        TableRow(names[table_id], [(part.kind, part.count) for part in some])
        for table_id, some in by_table
        if table_id in names
    ]
