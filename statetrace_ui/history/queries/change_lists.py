"""What lists show of changes, the changes of a transaction, and those of a period as a range of ids."""

from datetime import datetime

from django.db.models import QuerySet

from statetrace_ui.history.models import Action, Change, Source, Transaction
from statetrace_ui.history.queries.actions import first_actions
from statetrace_ui.history.queries.excerpts import IN_A_LINE, IN_A_LIST, Limits, with_excerpts
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.sources import SECRET_FIELDS
from statetrace_ui.web.paging import HIGHEST_ID, Page, oldest_first

CHANGES_PER_ACTION = 100


def listed_changes(limits: Limits = IN_A_LINE) -> QuerySet[Change]:
    """Changes, joined with everything that a list shows: source, columns, transaction, action, session, excerpts."""
    told = ("source", "relation", "table", "transaction")
    rows = joined(Change.objects.all(), *told, without=[*SECRET_FIELDS, "old", "new"])
    return with_excerpts(rows.prefetch_related(first_actions("transaction__actions")), limits)


def action_changes(action: Action, table: tuple[str, str] | None = None, cursor: str = "") -> Page[Change]:
    """In the order of the transaction, whose changes lie between its first and its last."""
    rows = of_transaction(listed_changes(IN_A_LIST), action.transaction)
    if table:
        rows = rows.filter(table__schema_name=table[0], table__table_name=table[1])
    return oldest_first(rows, ("id",), cursor, CHANGES_PER_ACTION)


def of_transaction(rows: QuerySet[Change], transaction: Transaction) -> QuerySet[Change]:
    """Those of the transaction, by a range of the primary key."""
    if transaction.first_change is None:
        return rows.none()
    between = {"id__gte": transaction.first_change, "id__lte": transaction.last_change}
    of_source = rows.filter(source=transaction.source_id, transaction_id=transaction.pk, **between)
    return of_source if transaction.kind == Transaction.Kind.BASELINE else of_source.filter(baseline=False)


def ids_of(source: Source, start: datetime | None, end: datetime | None) -> tuple[int, int] | None:
    """The time from `start` until before `end` as a range of ids: lists are read by id, and ids follow time.

    None if nothing was committed since `start`.
    """
    first = _first_id(source, start) if start else 0
    if first is None:
        return None
    return first, (_first_id(source, end) if end else None) or HIGHEST_ID


def _first_id(source: Source, at: datetime) -> int | None:
    """The id of the first change that was committed at or after a time, by the index `transaction_by_time`."""
    commits = Transaction.objects.filter(source=source, first_change__isnull=False, committed_at__gte=at)
    first = commits.order_by("committed_at", "id").first()
    return first.first_change if first else None
