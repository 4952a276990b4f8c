"""Lists of changes, and the rows that history knows from before them.

Long lists are read as unions of index ranges (`paging.newest_merged`): one range for each source, kind and condition.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from statetrace_ui.history.models import Action, Change, Source, Transaction
from statetrace_ui.history.queries.sources import SECRET_FIELDS, selected_sources
from statetrace_ui.history.table_state import Marker, row_after
from statetrace_ui.wal import records
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import Page, newest_merged, oldest_first

LIVE_LIMIT = 100
CHANGES_PER_ACTION = 100
OF_TABLE = {name: OuterRef(name) for name in ("source", "schema_name", "table_name")}


def listed_changes() -> QuerySet[Change]:
    """Changes, joined with everything that a list shows: source, columns, transaction, action and session."""
    rows = Change.objects.select_related("source", "relation", "transaction").defer(*SECRET_FIELDS)
    return rows.prefetch_related("transaction__actions__session")


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
) -> Page[Change]:
    """The newest LIVE_LIMIT changes with ids above `after`; the page's `older` is set if there are more."""
    ranges = [
        rows.filter(id__gt=after)
        for one in selected_sources(organisation, source)
        for rows in _of_kinds(one, table, kind)
    ]
    return newest_merged(listed_changes(), ranges, ("id",), size=LIVE_LIMIT)


def high_water() -> int:
    """The highest id of any change so far. Later changes get higher ids."""
    return Change.objects.order_by("-id").values_list("id", flat=True).first() or 0


def action_changes(action: Action, table: tuple[str, str] | None = None, cursor: str = "") -> Page[Change]:
    """In the order of the transaction, by the index `change_by_transaction`."""
    rows = listed_changes().filter(transaction=action.transaction)
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


def earlier_rows(changes: Sequence[Change]) -> dict[int, records.Row]:
    """For changes whose full old row was not sent: {change id: the row as the record's previous change left it}.

    Three queries for a page of any length: the previous changes' ids by the index `change_by_record`, their rows, and
    what happened to their whole tables in between.
    """
    lacking = [change for change in changes if _lacks_old(change)]
    before = {"id__lt": OuterRef("id")}
    previous = Change.objects.filter(**OF_TABLE, record_key=OuterRef("key_before"), **before).order_by("-id")
    # A change of a whole table has no key.
    marker = Change.objects.filter(**OF_TABLE, record_key="", kind__in=Change.RESETS, **before).order_by("-id")
    keyed = Change.objects.filter(id__in=[change.id for change in lacking]).annotate(
        key_before=Coalesce(NullIf("old_record_key", Value("", TextField())), "record_key")
    )
    found = keyed.exclude(key_before="").values_list(
        "id", Subquery(previous.values("id")[:1]), Subquery(marker.values("id")[:1])
    )
    # What was known of a table before it was emptied, left or began anew is not what was there before the change.
    pairs = {pk: previous_id for pk, previous_id, reset_id in found if previous_id and previous_id > (reset_id or 0)}
    rows = dict(Change.objects.filter(id__in=pairs.values()).exclude(new=None).values_list("id", "new"))
    known = {pk: (previous_id, rows[previous_id]) for pk, previous_id in pairs.items() if previous_id in rows}
    return _after_alterations({change.id: change for change in lacking}, known)


def _after_alterations(
    changes: dict[int, Change], known: dict[int, tuple[int, records.Row]]
) -> dict[int, records.Row]:
    """The rows known from previous changes, with the columns that their tables had by the time of the changes."""
    if not known:
        return {}
    tables = Q()
    for source_id, schema, table in {_table_of(changes[pk]) for pk in known}:
        tables |= Q(source_id=source_id, schema_name=schema, table_name=table)
    altered = Change.objects.filter(
        tables, record_key="", kind=Change.Kind.ALTERED, id__gt=min(previous_id for previous_id, _ in known.values())
    ).order_by("id")
    markers: dict[tuple[int, str, str], list[Marker]] = {}
    for change in altered:
        marker = Marker(change.id, change.kind, change.old or {}, change.new or {})
        markers.setdefault(_table_of(change), []).append(marker)
    return {
        pk: after
        for pk, (previous_id, row) in known.items()
        if (after := _row_at(row, previous_id, pk, markers.get(_table_of(changes[pk]), []))) is not None
    }


def _row_at(row: records.Row, previous_id: int, pk: int, markers: Sequence[Marker]) -> records.Row | None:
    return row_after(row, previous_id, [marker for marker in markers if marker.id < pk])


def _table_of(change: Change) -> tuple[int, str, str]:
    return change.source_id, change.schema_name, change.table_name


def _lacks_old(change: Change) -> bool:
    if change.kind not in (Change.Kind.UPDATE, Change.Kind.DELETE):
        return False
    return change.old is None or len(change.old) < len(change.relation.columns)
