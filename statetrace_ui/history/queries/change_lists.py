"""Lists of changes.

Long lists are read as unions of index ranges (`paging.newest_merged`): one range for each source, kind and condition.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from statetrace_ui.history.models import Action, Change, Source, Transaction
from statetrace_ui.history.queries.actions import first_actions
from statetrace_ui.history.queries.excerpts import IN_A_LINE, IN_A_LIST, Limits, with_excerpts
from statetrace_ui.history.queries.sources import SECRET_FIELDS, selected_sources
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import Page, newest_merged, oldest_first

LIVE_LIMIT = 100
CHANGES_PER_ACTION = 100


def listed_changes(limits: Limits = IN_A_LINE) -> QuerySet[Change]:
    """Changes, joined with everything that a list shows: source, columns, transaction, action, session, excerpts."""
    rows = Change.objects.select_related("source", "relation", "transaction").defer(*SECRET_FIELDS)
    return with_excerpts(rows.prefetch_related(first_actions("transaction__actions")), limits)


def changes(
    organisation: Organisation,
    *,
    source: Source | None = None,
    table: tuple[str, str] | None = None,
    kind: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    cursor: str = "",
) -> Page[Change]:
    """Newest first. Rows of a baseline are listed only if `kind` asks for them. table: (schema, name)."""
    ranges = [
        rows.filter(in_time)
        for one in selected_sources(organisation, source)
        for in_time in [_in_time(one, start, end)]
        for rows in _of_kinds(one, table, kind)
    ]
    return newest_merged(listed_changes(), ranges, ("id",), cursor)


def new_changes(
    organisation: Organisation,
    after: int,
    *,
    source: Source | None = None,
    table: tuple[str, str] | None = None,
    kind: str = "",
    start: datetime | None = None,
) -> Page[Change]:
    """The newest LIVE_LIMIT changes with ids above `after`; the page's `older` is set if there are more."""
    ranges = [
        rows.filter(in_time, id__gt=after)
        for one in selected_sources(organisation, source)
        for in_time in [_in_time(one, start, None)]
        for rows in _of_kinds(one, table, kind)
    ]
    return newest_merged(listed_changes(), ranges, ("id",), size=LIVE_LIMIT)


def action_changes(action: Action, table: tuple[str, str] | None = None, cursor: str = "") -> Page[Change]:
    """In the order of the transaction, by the index `change_by_transaction`."""
    rows = listed_changes(IN_A_LIST).filter(transaction=action.transaction)
    if table:
        rows = rows.filter(schema_name=table[0], table_name=table[1])
    return oldest_first(rows, ("sequence", "id"), cursor, CHANGES_PER_ACTION)


def _of_kinds(source: Source, table: tuple[str, str] | None, kind: str) -> Iterable[QuerySet[Change]]:
    """One range of the index `change_newest` (or `change_newest_of_table`) for each kind."""
    rows = Change.objects.filter(source=source)
    if table:
        rows = rows.filter(schema_name=table[0], table_name=table[1])
    kinds = [kind] if kind else [one for one in Change.Kind if one not in Change.OF_BASELINES]
    return [rows.filter(kind=one) for one in kinds]


def _in_time(source: Source, start: datetime | None, end: datetime | None) -> Q:
    """The time from `start` until before `end` as a range of ids: lists are read by id, and ids follow time."""
    condition = Q()
    if start:
        first = _first_id(source, start)
        condition &= Q(id__gte=first) if first else Q(pk__in=[])
    if end and (after := _first_id(source, end)):
        condition &= Q(id__lt=after)
    return condition


def _first_id(source: Source, at: datetime) -> int | None:
    """The id of the first change that was committed at or after a time, by the index `transaction_by_time`."""
    commits = Transaction.objects.filter(source=source, change_count__gt=0, committed_at__gte=at)
    first = commits.order_by("committed_at", "id").first()
    return first.changes.order_by("sequence").values_list("id", flat=True).first() if first else None
