"""One transaction: its changes, its actions, what was committed before and after it."""

from collections.abc import Sequence

from statetrace_ui.history.models import Action, Change, Table, Transaction
from statetrace_ui.history.queries.actions import first_actions
from statetrace_ui.history.queries.change_lists import listed_changes, of_transaction
from statetrace_ui.history.queries.excerpts import IN_A_LINE, IN_A_LIST, Limits
from statetrace_ui.web.paging import Page, oldest_first

CHANGES_AT_ONCE = 100


def transaction_changes(
    transaction: Transaction, table: tuple[str, str] | None = None, cursor: str = "", limits: Limits = IN_A_LINE
) -> Page[Change]:
    """In the order of the log; between the transaction's first change and its last there are no others'."""
    rows = of_transaction(listed_changes(limits), transaction)
    if table:
        rows = rows.filter(table__schema_name=table[0], table__table_name=table[1])
    return oldest_first(rows, ("id",), cursor, CHANGES_AT_ONCE)


def action_changes(action: Action, table: tuple[str, str] | None = None, cursor: str = "") -> Page[Change]:
    """Those of its transaction."""
    return transaction_changes(action.transaction, table, cursor, IN_A_LIST)


def only_changes(transactions: Sequence[Transaction]) -> list[Change]:
    """The changes of those transactions that have one alone."""
    alone = [one for one in transactions if one.change_count == 1 and one.first_change is not None]
    found = listed_changes().filter(source_id__in={one.source_id for one in alone}, baseline=False)
    return list(found.filter(id__in=[one.first_change for one in alone])) if alone else []


def neighbours(transaction: Transaction) -> tuple[Transaction | None, Transaction | None]:
    """The stored transactions before and after it in the log of its era, by the index `transaction_once`."""
    of_era = Transaction.objects.filter(source=transaction.source_id, era=transaction.era)
    with_actions = of_era.prefetch_related(first_actions("actions"))
    before = with_actions.filter(commit_lsn__lt=transaction.commit_lsn).order_by("-commit_lsn").first()
    return before, with_actions.filter(commit_lsn__gt=transaction.commit_lsn).order_by("commit_lsn").first()


def tables_by_id(source_ids: set[int], ids: set[int]) -> dict[int, Table]:
    return Table.objects.filter(source_id__in=source_ids).in_bulk(ids)
