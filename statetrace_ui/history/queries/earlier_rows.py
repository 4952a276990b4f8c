"""The rows that history knows from before changes, where the source did not send them."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection

from statetrace_ui.history.models import Change, Relation
from statetrace_ui.history.queries.excerpts import IN_A_LINE, Excerpts, Limits, excerpts_after, excerpts_before
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.windows import windows
from statetrace_ui.history.table_state import Marker, row_after
from statetrace_ui.history.values import Value as RowValue
from statetrace_ui.history.values import Values

# The record's change before each of those asked for, and whether the table was emptied or began anew after it: what was
# known then is not what was there. A change of a whole table has no key. All look-ups enter the index on keys, each in
# one branch: else a small partition of a baseline could lead the planner to sort a record's changes in all of them.
LATEST = """
    (SELECT id, source_id, relation_id, new, new_absent, cut FROM history_change
     WHERE {branch} AND source_id = asked.source_id AND table_id = asked.table_id AND record_key = asked.key
       AND id < asked.id AND id >= %(first)s AND id < %(end)s
     ORDER BY id DESC LIMIT 1)"""
PREVIOUS = f"""
SELECT asked.id, reset.id IS NOT NULL, previous.id, previous.source_id, previous.relation_id, {{excerpts}},
       previous.new_absent, previous.cut::text
FROM unnest(%(ids)s::bigint[], %(sources)s::int[], %(tables)s::int[], %(keys)s::text[])
     AS asked (id, source_id, table_id, key)
CROSS JOIN LATERAL (
    {LATEST.format(branch="NOT baseline")}
    UNION ALL
    {LATEST.format(branch="baseline")}
    ORDER BY id DESC LIMIT 1) AS previous
LEFT JOIN LATERAL (
    SELECT id FROM history_change
    WHERE source_id = asked.source_id AND table_id = asked.table_id AND record_key = '' AND kind IN ('T', 'S', 'E')
      AND NOT baseline AND id < asked.id AND id >= %(first)s AND id < %(newest)s
    ORDER BY id DESC LIMIT 1) AS reset ON reset.id > previous.id
"""  # noqa: S608 - no text of others
Table = tuple[int, int | None]


class Asked(NamedTuple):
    """A change whose record's change before it is looked for by the key that it had then."""

    id: int
    source_id: int
    table_id: int | None
    key: str


def earlier_rows(changes: Sequence[Change], limits: Limits = IN_A_LINE) -> dict[int, Values]:
    """For changes whose full old row was not sent: {change id: the row as the record's previous change left it}.

    changes: as `listed_changes` reads them. Few queries for a page of any length: the previous changes with excerpts of
    their rows, one for each window that is looked through, their shapes, and how their tables were altered in between.
    """
    lacking = {change.id: change for change in changes if _lacks_old(change)}
    found = previous_changes(lacking.values(), limits)
    previous = {pk: change.id for pk, change in found.items()}
    known = {pk: row for pk, change in found.items() if (row := excerpts_after(change))}
    tables = {_table_of(lacking[pk]) for pk in known}
    markers = alterations(tables, min(previous.values(), default=0), max(known, default=0), limits)
    return {
        pk: after
        for pk, row in known.items()
        if (after := _row_at(row, previous[pk], pk, markers.get(_table_of(lacking[pk]), ()))) is not None
    }


def previous_changes(changes: Collection[Change], limits: Limits) -> dict[int, Change]:
    """{change id: the record's previous change, with its relation and `new_excerpts`}."""
    looked_for = _look_back(changes, limits)
    found = {pk: change for pk, change in looked_for.items() if change}
    of_sources = Relation.objects.filter(source__in={change.source_id for change in found.values()})
    relations = of_sources.in_bulk({change.relation_id for change in found.values()})
    for change in found.values():
        change.relation = relations[change.relation_id]
    return found


def _look_back(changes: Collection[Change], limits: Limits) -> dict[int, Change | None]:
    """{change id: the record's previous change; None if its table was emptied or began anew in between}."""
    keyed = [(change, change.old_record_key or change.record_key) for change in changes]
    asked = [Asked(change.id, change.source_id, change.table_id, key) for change, key in keyed if key]
    newest = max((one.id for one in asked), default=0)
    found: dict[int, Change | None] = {}
    for first, end in windows(0, newest) if asked else ():
        if some := [one for one in asked if one.id > first and one.id not in found]:
            found |= _look_between(first, end, newest, some, limits)
        if len(found) == len(asked):
            break
    return found


def _look_between(
    first: int, end: int, newest: int, asked: Sequence[Asked], limits: Limits
) -> dict[int, Change | None]:
    """As `_look_back`, if the previous change is one with an id from `first` until before `end`."""
    ids, sources, tables, keys = (list(column) for column in zip(*asked, strict=True))
    values = {"ids": ids, "sources": sources, "tables": tables, "keys": keys}
    statement = PREVIOUS.replace("{excerpts}", Excerpts.sql("previous.new", limits))
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "first": first, "end": end, "newest": newest})
        return {pk: None if was_reset else _change(*rest) for pk, was_reset, *rest in cursor.fetchall()}


def _change(pk: int, source_id: int, relation_id: int, excerpts: Any, absent: list[int] | None, cut: Any) -> Change:
    """excerpts, cut: as the database driver returns JSON."""
    marks = json.loads(cut) if cut else None
    change = Change(id=pk, source_id=source_id, relation_id=relation_id, new_absent=absent, cut=marks)
    change.new_excerpts = json.loads(excerpts) if isinstance(excerpts, str) else excerpts  # type: ignore[attr-defined]
    return change


def alterations(tables: set[Table], since: int, until: int, limits: Limits) -> dict[Table, list[Marker[RowValue]]]:
    """How the columns of the tables were altered after the change `since` and before `until`, in order."""
    if not tables:
        return {}
    source_ids, table_ids = {source for source, _ in tables}, {table for _, table in tables}
    of_tables = Change.objects.filter(source__in=source_ids, table_id__in=table_ids, baseline=False)
    between = of_tables.filter(id__gt=since, id__lt=until)
    altered = between.filter(kind=Change.Kind.ALTERED).order_by("id")
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
