"""The last state of a row whose last change did not send all of it, read from the changes before."""

from collections.abc import Iterator

from django.db.models import F

from statetrace_ui.history.models import Change
from statetrace_ui.history.row_arrays import aligned
from statetrace_ui.history.table_state import Marker, Sent, completed

Step = Sent[str | None] | Marker[str | None]
AT_ONCE = 100
OF_TABLE = "TSEA"
NOTHING_BEFORE: Marker[str | None] = Marker(0, "T", {}, {})


def complete_state(change: Change) -> tuple[list[str | None] | None, list[int] | None]:
    """The row after the change, as `new` and `new_absent` have it; absent is only what history never knew."""
    columns = change.relation.columns if change.relation else []
    after = change.values_after()
    if after is None:
        return None, change.new_absent
    known = {column["name"] for column in columns if column.get("rule") != "exclude"}
    return aligned(columns, completed(after, known - after.keys(), _before(change)))


def _before(change: Change) -> Iterator[Step]:
    """What happened to the row and to its table before the change, newest first."""
    markers = _markers(change)
    marker = next(markers, None)
    for earlier in _changes_before(change):
        while marker and marker.id > earlier.pk:
            yield marker
            marker = next(markers, None)
        yield _step(earlier)


def _step(change: Change) -> Step:
    """A change that ended the row, or whose values were erased, hides everything before it."""
    values = change.values_after()
    if values is None:
        return NOTHING_BEFORE
    return Sent(values, whole=change.kind != Change.Kind.UPDATE or not change.new_absent)


def _changes_before(change: Change) -> Iterator[Change]:
    """The row's changes under its key then, by the index of records."""
    of_table = Change.objects.filter(source=change.source_id, table_id=change.table_id).select_related("relation")
    key, before = change.old_record_key or change.record_key, change.pk
    while key:
        found = list(of_table.filter(record_key=key, id__lt=before).order_by("-id")[:AT_ONCE])
        for earlier in found:
            yield earlier
            before = earlier.pk
            if earlier.old_record_key:
                key = earlier.old_record_key
                break
        else:
            if len(found) < AT_ONCE:
                return


def _markers(change: Change) -> Iterator[Marker[str | None]]:
    rows = Change.objects.filter(source=change.source_id, table_id=change.table_id, record_key="", kind__in=OF_TABLE)
    for row in rows.filter(id__lt=change.pk).select_related("relation").order_by(F("id").desc()).iterator():
        yield Marker(row.pk, row.kind, row.values_before() or {}, row.values_after() or {})
