"""Lists of changes, each read as ranges of an index (`ranges.newest`)."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from statetrace_ui.history.models import Action, Change, Source, Table, Transaction
from statetrace_ui.history.queries.actions import first_actions
from statetrace_ui.history.queries.excerpts import IN_A_LINE, IN_A_LIST, Limits, with_excerpts
from statetrace_ui.history.queries.gaps import gap_ranges
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.ranges import STEP, Places, Range, all_places, newest_in
from statetrace_ui.history.queries.sources import SECRET_FIELDS, selected_sources
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import HIGHEST_ID, Page, oldest_first

LIVE_LIMIT = 100
CHANGES_PER_ACTION = 100


def listed_changes(limits: Limits = IN_A_LINE) -> QuerySet[Change]:
    """Changes, joined with everything that a list shows: source, columns, transaction, action, session, excerpts."""
    told = ("source", "relation", "table", "transaction")
    rows = joined(Change.objects.all(), *told, without=[*SECRET_FIELDS, "old", "new"])
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
    ranges = _ranges(organisation, source, table, kind, start, end)
    return newest_in(listed_changes(), ranges, cursor)


def change_places(
    organisation: Organisation,
    *,
    source: Source | None = None,
    table: tuple[str, str] | None = None,
    kind: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[Places]:
    """Where all the changes are that `changes` lists page by page, newest first, some at a time."""
    return all_places(_ranges(organisation, source, table, kind, start, end))


def transaction_places(transaction: Transaction) -> Iterator[Places]:
    """Where the changes of a transaction are, in their order, some at a time."""
    rows, after = of_transaction(Change.objects.all(), transaction).order_by("id"), -1
    while places := list(rows.filter(id__gt=after).values_list("source_id", "id", "baseline")[:STEP]):
        yield places
        after = places[-1][1]


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
    ranges = _ranges(organisation, source, table, kind, start, None, after)
    return newest_in(listed_changes(), ranges, size=LIVE_LIMIT)


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


def _ranges(
    organisation: Organisation,
    source: Source | None,
    table: tuple[str, str] | None,
    kind: str,
    start: datetime | None,
    end: datetime | None,
    after: int = -1,
) -> Iterator[Range]:
    """One range for each source; for each table and kind of it where a table or a kind is asked for.

    Gaps are in every list that they touch: what is asked for may be what was missed.
    """
    for one in selected_sources(organisation, source):
        if table or kind or start or end:
            yield from gap_ranges(one, start, end, after)
        period = _ids_of(one, start, end)
        if period is None:
            continue
        first, before = max(period[0], after + 1), period[1]
        if not table and not kind:
            yield Range(one.pk, first=first, end=before)
            continue
        kinds = [kind] if kind else [each for each in Change.Kind if each not in Change.OF_BASELINES]
        for number in _tables(one, table):
            yield from (Range(one.pk, number, each, first=first, end=before) for each in kinds)


def _tables(source: Source, table: tuple[str, str] | None) -> QuerySet[Table, int]:
    """The ids of the source's tables, or of the one that has the name."""
    tables = Table.objects.filter(source=source)
    if table:
        tables = tables.filter(schema_name=table[0], table_name=table[1])
    return tables.order_by("id").values_list("id", flat=True)


def _ids_of(source: Source, start: datetime | None, end: datetime | None) -> tuple[int, int] | None:
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
