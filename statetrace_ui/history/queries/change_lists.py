"""What lists show of changes, the changes of a transaction, and those of a period as a range of ids."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from statetrace_ui.history.models import Change, Source, Transaction
from statetrace_ui.history.queries.actions import first_actions
from statetrace_ui.history.queries.excerpts import IN_A_LINE, Limits, with_excerpts
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.ranges import STEP, Places
from statetrace_ui.history.queries.sources import SECRET_FIELDS
from statetrace_ui.web.paging import HIGHEST_ID


def listed_changes(limits: Limits = IN_A_LINE) -> QuerySet[Change]:
    """Changes, joined with everything that a list shows: source, columns, transaction, action, session, excerpts."""
    told = ("source", "relation", "table", "transaction")
    rows = joined(Change.objects.all(), *told, without=[*SECRET_FIELDS, "old", "new"])
    return with_excerpts(rows.prefetch_related(first_actions("transaction__actions")), limits)


def transaction_places(transaction: Transaction) -> Iterator[Places]:
    """Where the changes of a transaction are, in their order, some at a time."""
    rows, after = of_transaction(Change.objects.all(), transaction).order_by("id"), -1
    while places := list(rows.filter(id__gt=after).values_list("source_id", "id", "baseline")[:STEP]):
        yield places
        after = places[-1][1]


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
