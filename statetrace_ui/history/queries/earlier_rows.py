"""The rows that history knows from before changes, where the source did not send them."""

from collections.abc import Collection, Iterable, Sequence

from django.db.models import OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from statetrace_ui.history.models import Change
from statetrace_ui.history.queries.excerpts import IN_A_LINE, Excerpts, Limits, excerpts_after, excerpts_before
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.table_state import Marker, row_after
from statetrace_ui.history.values import Value as RowValue
from statetrace_ui.history.values import Values

OF_TABLE = {name: OuterRef(name) for name in ("source_id", "table_id")}
Table = tuple[int, int | None]


def earlier_rows(changes: Sequence[Change], limits: Limits = IN_A_LINE) -> dict[int, Values]:
    """For changes whose full old row was not sent: {change id: the row as the record's previous change left it}.

    changes: as `listed_changes` reads them. Three queries for a page of any length: the previous changes' ids by the
    index `change_by_record`, excerpts of their rows, and how their tables were altered in between.
    """
    lacking = {change.id: change for change in changes if _lacks_old(change)}
    previous = _previous_ids(lacking.values())
    sources = {change.source_id for change in lacking.values()}
    found = Change.objects.filter(source__in=sources, id__in=previous.values())
    stored = joined(found, "relation", without=["old", "new"]).annotate(new_excerpts=Excerpts("new", limits))
    rows = {change.id: excerpts_after(change) for change in stored}
    known = {pk: row for pk, previous_id in previous.items() if (row := rows.get(previous_id))}
    markers = _alterations({_table_of(lacking[pk]) for pk in known}, min(previous.values(), default=0), limits)
    return {
        pk: after
        for pk, row in known.items()
        if (after := _row_at(row, previous[pk], pk, markers.get(_table_of(lacking[pk]), ()))) is not None
    }


def _previous_ids(changes: Collection[Change]) -> dict[int, int]:
    """{change id: id of the record's previous change}; without those after which the table was emptied or began anew.

    What was known of the table then is not what was there before the change.
    """
    before = {"id__lt": OuterRef("id")}
    previous = Change.objects.filter(**OF_TABLE, record_key=OuterRef("key_before"), **before).order_by("-id")
    # A change of a whole table has no key.
    of_table = Change.objects.filter(**OF_TABLE, record_key="", baseline=False, **before)
    reset = of_table.filter(kind__in=Change.RESETS).order_by("-id")
    sources = {change.source_id for change in changes}
    asked = Change.objects.filter(source__in=sources, baseline=False, id__in=[change.id for change in changes])
    keyed = asked.annotate(key_before=Coalesce(NullIf("old_record_key", Value("", TextField())), "record_key"))
    ids = keyed.exclude(key_before="").values_list(
        "id", Subquery(previous.values("id")[:1]), Subquery(reset.values("id")[:1])
    )
    return {pk: previous_id for pk, previous_id, reset_id in ids if previous_id and previous_id > (reset_id or 0)}


def _alterations(tables: set[Table], since: int, limits: Limits) -> dict[Table, list[Marker[RowValue]]]:
    """How the columns of the tables were altered after the change `since`, in order."""
    if not tables:
        return {}
    of_tables = Q()
    for source_id, table_id in tables:
        of_tables |= Q(source_id=source_id, table_id=table_id)
    altered = Change.objects.filter(of_tables, kind=Change.Kind.ALTERED, baseline=False, id__gt=since).order_by("id")
    markers: dict[Table, list[Marker[RowValue]]] = {}
    for change in joined(altered, "relation", without=["new"]).annotate(new_excerpts=Excerpts("new", limits)):
        values = excerpts_after(change) or {}
        marker = Marker(change.id, change.kind, change.values_before() or {}, dict(values))
        markers.setdefault(_table_of(change), []).append(marker)
    return markers


def _row_at(row: Values, previous_id: int, pk: int, markers: Iterable[Marker[RowValue]]) -> Values | None:
    return row_after(dict(row), previous_id, [marker for marker in markers if marker.id < pk])


def _table_of(change: Change) -> Table:
    return change.source_id, change.table_id


def _lacks_old(change: Change) -> bool:
    if change.kind not in (Change.Kind.UPDATE, Change.Kind.DELETE):
        return False
    sent = excerpts_before(change)
    return sent is None or len(sent) < len(change.columns)
