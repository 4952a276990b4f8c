"""The last state of a row whose last change did not send all of it, read from the changes before."""

from collections.abc import Iterator
from typing import Any

import orjson

from statetrace_ui.history.models import Change
from statetrace_ui.history.row_arrays import aligned
from statetrace_ui.history.table_state import Marker, Sent, completed

Mark = dict[str, Any] | None
Known = tuple[str | None, Mark]  # a value, and what is known of it if it was cut or erased
Step = Sent[Known] | Marker[Known]
AT_ONCE = 100
OF_TABLE = "TSEA"
NOTHING_BEFORE: Marker[Known] = Marker(0, "T", {}, {})


def complete_state(change: Change) -> tuple[list[str | None] | None, list[int] | None, str | None]:
    """The row after the change, as `new`, `new_absent` and `cut` have it; absent is only what history never knew."""
    columns, cut, after = change.columns, change.cut or {}, _known(change)
    if after is None:
        return None, change.new_absent, _json(cut)
    unsent = {str(column["name"]) for column in columns if column.get("rule") != "exclude"} - after.keys()
    state = completed(after, unsent, _before(change))
    row: dict[str, Any] = {name: value for name, (value, _) in state.items()}
    values, absent = aligned(columns, row)
    marks = {name: mark for name, (_, mark) in state.items() if mark and "erased" not in mark}
    erased = {name: mark["erased"] for name, (_, mark) in state.items() if mark and "erased" in mark}
    rest = {name: part for name, part in cut.items() if name not in ("new", "erased", "columns")}
    told = {"erased": max(erased.values()), "columns": sorted(erased)} if erased else {}
    return values, absent, _json({**rest, **({"new": marks} if marks else {}), **told})


def _known(change: Change) -> dict[str, Known] | None:
    """The values after the change with their marks; of a column that is erased its value is no NULL but unknown."""
    after, cut = change.values_after(), change.cut or {}
    if after is None:
        return None
    erased: Mark = {"erased": cut["erased"]} if "columns" in cut else None
    gone = frozenset(cut.get("columns", ()))
    marks = cut.get("new", {})
    return {name: (value, erased if name in gone else marks.get(name)) for name, value in after.items()}


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
    values = _known(change)
    if values is None:
        return NOTHING_BEFORE
    return Sent(values, whole=change.kind != Change.Kind.UPDATE or not change.new_absent)


def _changes_before(change: Change) -> Iterator[Change]:
    """The row's changes under its key then, by the index of records."""
    of_table = Change.objects.filter(source=change.source_id, table_id=change.table_id).select_related("relation")
    key, before = change.old_record_key or change.record_key, change.pk
    while True:
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


def _markers(change: Change) -> Iterator[Marker[Known]]:
    rows = Change.objects.filter(source=change.source_id, table_id=change.table_id, record_key="", kind__in=OF_TABLE)
    for row in rows.filter(id__lt=change.pk).select_related("relation").order_by("-id").iterator():
        yield Marker(row.pk, row.kind, row.values_before() or {}, _known(row) or {})


def _json(cut: dict[str, Any]) -> str | None:
    return orjson.dumps(cut).decode() if cut else None
