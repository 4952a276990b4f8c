"""Decides which changes match whose row before was not sent: it is completed from the record's previous change.

No values travel: what became of the previous row is told as places of its array, from which the statement takes them.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

from statetrace_ui.history.erasure.marks import erased_columns, is_erased
from statetrace_ui.history.models import Change, Relation
from statetrace_ui.history.queries.earlier_rows import alterations, previous_changes
from statetrace_ui.history.queries.excerpts import ON_ITS_PAGE, Limits
from statetrace_ui.history.queries.ranges import Place
from statetrace_ui.history.row_arrays import named
from statetrace_ui.history.search import fields
from statetrace_ui.history.search.conditions import of_fields
from statetrace_ui.history.search.scope import Scope
from statetrace_ui.history.table_state import Marker, row_after
from statetrace_ui.history.values import Excerpt
from statetrace_ui.history.values import Value as Known

NO_VALUES = Limits(value=0, row=0, stored=0)
UNKNOWN, GIVEN = 0, -1  # in place of places
MATCHING = """
SELECT c.id
FROM jsonb_to_recordset({asked}) AS asked (id bigint, source int, previous bigint, places int[], given text[])
CROSS JOIN LATERAL (
    SELECT * FROM history_change
    WHERE source_id = asked.source AND id = asked.id AND id >= {first} AND id <= {last} OFFSET 0) AS c
LEFT JOIN LATERAL (
    SELECT new FROM history_change
    WHERE source_id = asked.source AND id = asked.previous AND id >= {oldest} AND id < {last} OFFSET 0) AS p ON true
CROSS JOIN LATERAL (
    SELECT array_agg(CASE WHEN sent THEN c.old[number] WHEN place > 0 THEN p.new[place] ELSE given END ORDER BY number)
               AS old,
           array_agg(number::smallint) FILTER (WHERE NOT sent AND place = 0) AS old_absent
    FROM (SELECT place, given, number,
                 c.old IS NOT NULL AND array_position(c.old_absent, number::smallint) IS NULL AS sent
          FROM unnest(asked.places, asked.given) WITH ORDINALITY AS one (place, given, number)) AS cell) AS b
WHERE {verdict}
"""


class Cell(NamedTuple):
    """A value of the row before: at a place of the previous change's array, or given; and the rule of its column."""

    place: int
    given: str | None
    rule: str


def matching(scope: Scope, places: Sequence[Place]) -> set[int]:
    """The ids of those that match."""
    if not places:
        return set()
    ids = [number for _, number, _ in places]
    changes = _changes({source for source, _, _ in places}, ids)
    asked = list(_asked(changes))
    oldest = min((one["previous"] for one in asked if one["previous"]), default=0)
    relations = {change.relation_id for change in changes}
    verdict = of_fields(scope, [shape for shape in scope.shapes if shape.id in relations], fields.COMPLETED)
    statement = sql.SQL(MATCHING).format(
        asked=sql.Literal(json.dumps(asked)),
        first=sql.Literal(min(ids)),
        last=sql.Literal(max(ids)),
        oldest=sql.Literal(oldest),
        verdict=verdict,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {number for (number,) in cursor.fetchall()}


def _changes(source_ids: Collection[int], ids: Collection[int]) -> list[Change]:
    """With their relations, of which there are few: so each is read once."""
    found = Change.objects.filter(source__in=source_ids, pk__in=ids, pk__gte=min(ids), pk__lte=max(ids))
    changes = list(found.only("source", "table_id", "relation_id", "kind", "record_key", "old_record_key"))
    of_sources = Relation.objects.filter(source__in=source_ids)
    relations = of_sources.in_bulk({change.relation_id for change in changes})
    for change in changes:
        change.relation = relations[change.relation_id]
    return changes


def _asked(changes: Sequence[Change]) -> Iterator[dict[str, Any]]:
    """Of each change, where its row before is found."""
    previous = previous_changes([change for change in changes if change.kind in "UD"], NO_VALUES)
    tables = {(change.source_id, change.table_id) for change in changes if change.pk in previous}
    since = min((change.pk for change in previous.values()), default=0)
    markers = alterations(tables, since, max(previous, default=0), ON_ITS_PAGE)
    for change in changes:
        before = previous.get(change.pk)
        altered = markers.get((change.source_id, change.table_id), ())
        cells = _cells(change, before, altered) if before else [Cell(UNKNOWN, None, "")] * len(change.columns)
        yield {
            "id": change.pk,
            "source": change.source_id,
            "previous": before.pk if before else None,
            "places": [cell.place for cell in cells],
            "given": [cell.given for cell in cells],
        }


def _cells(change: Change, before: Change, markers: Iterable[Marker[Known]]) -> list[Cell]:
    """For each column of the change, in order. A value that was stored under another rule is not known."""
    nothing = Cell(UNKNOWN, None, "")
    since = [_marker(marker, change) for marker in markers if marker.id < change.pk]
    row = row_after(_row(before), before.pk, since) or {}
    cells = [row.get(column["name"], nothing) for column in change.columns]
    rules = [column.get("rule", "keep") for column in change.columns]
    return [cell if cell.rule == rule else nothing for cell, rule in zip(cells, rules, strict=True)]


def _row(change: Change) -> dict[str, Cell]:
    """The places of what is known of the row that the change left."""
    cut = change.cut or {}
    if is_erased(cut):
        return {}
    gone = {*erased_columns(cut), *cut.get("new", ())}
    cells = [Cell(place, None, column.get("rule", "keep")) for place, column in enumerate(change.columns, start=1)]
    row = named(change.columns, cells, change.new_absent) or {}
    return {name: cell for name, cell in row.items() if name not in gone}


def _marker(marker: Marker[Known], change: Change) -> Marker[Cell]:
    """An alteration with cells in place of values; one that is too long to be read is not known."""
    rules: Mapping[str, str] = {column["name"]: column.get("rule", "keep") for column in change.columns}
    values = {
        name: Cell(GIVEN, value, rules.get(name, "keep"))
        for name, value in marker.values.items()
        if not isinstance(value, Excerpt)
    }
    return Marker(marker.id, marker.kind, marker.names_before, values)
