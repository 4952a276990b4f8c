"""The rows that refer to a record, as of a moment: found by searching, newest changes first, in bounded time.

A row counts by its newest change up to the moment: if that has the value, it is found by it, and only by it. So pages
of a long list never show a row twice, and a row that referred to the record once, or later, is not among them.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from statetrace_ui.history.as_of import pages
from statetrace_ui.history.as_of.lookups import Latest, latest
from statetrace_ui.history.as_of.moments import Moment
from statetrace_ui.history.as_of.pages import RowAt
from statetrace_ui.history.as_of.tables import TableAt
from statetrace_ui.history.models import Relation, Table
from statetrace_ui.history.queries.ranges import Places
from statetrace_ui.history.question.terms import Question
from statetrace_ui.history.references.keys import Columns
from statetrace_ui.history.search.comparisons import ALWAYS, all_of, any_of, plain_text
from statetrace_ui.history.search.conditions import Conditions
from statetrace_ui.history.search.indexes import has_term
from statetrace_ui.history.search.scanning import scan
from statetrace_ui.history.search.scope import Part, Scope
from statetrace_ui.history.values import Value
from statetrace_ui.wal.foreign_keys import ForeignKey
from statetrace_ui.web.paging import encode, id_of

AT_ONCE = 200  # changes that a step of the search finds
FIRST_STEP = 1 << 14  # ids: an index leaves those of one table
WITH_ROWS = "IBU"
KEYS = """
SELECT id, record_key FROM history_change
WHERE source_id = %s AND id = ANY (%s) AND id >= %s AND id <= %s AND record_key <> ''
"""


@dataclass(frozen=True, slots=True)
class Referrer:
    """A table with a key that refers to another table, as of a moment."""

    at: TableAt
    key: ForeignKey

    @property
    def table(self) -> Table:
        return self.at.table


@dataclass(frozen=True)
class Referring:
    """Rows that refer to a record. older: the cursor to go on with; None if all were found."""

    rows: list[RowAt]
    older: str | None = None
    is_full: bool = False


def referrers(table: Table, moment: Moment) -> list[Referrer]:
    """The keys of the source's tables that refer to the table, by name."""
    named = [table.schema_name, table.table_name]
    found = Table.objects.filter(source=table.source_id, foreign_keys__contains=[{"table": named}])
    keys = [
        Referrer(TableAt(one, moment), key)
        for one in found.order_by("schema_name", "table_name")
        for key in map(ForeignKey.from_json, one.foreign_keys)
        if list(key.table) == named
    ]
    for one in keys:
        one.table.source = table.source
    return keys


def rows_of(referrer: Referrer, values: Mapping[str, str], *, size: int, seconds: float, cursor: str = "") -> Referring:
    """The rows whose key has the values, those with the newest changes first.

    values: of the record, by its columns. seconds: after which the search stops, at the end of a step.
    """
    at, stop = referrer.at, time.monotonic() + seconds
    end = min(at.moment.until + 1, id_of(cursor) or at.moment.until + 1)
    found: dict[str, Latest] = {}
    for places, reached in _steps(referrer, values, end):
        found |= _alive(at, places)
        if len(found) > size:
            shown = dict(list(found.items())[:size])
            return Referring(_rows(referrer, shown, values), encode([min(_ids(shown))]), is_full=True)
        if time.monotonic() > stop and reached > at.since + 1:
            return Referring(_rows(referrer, found, values), encode([reached]))
    return Referring(_rows(referrer, found, values))


def _steps(referrer: Referrer, values: Mapping[str, str], end: int) -> Iterator[tuple[Places, int]]:
    """What each step of the search found, and down to which id everything has been looked at."""
    at = referrer.at
    conditions = _conditions(referrer, values)
    if conditions:
        part = Part(at.table.source_id, at.since + 1, at.moment.until + 1)
        scope = Scope(Question(), [at.table.source], [part], [at.table.pk], WITH_ROWS, with_gaps=False)
        for looked in scan(scope, conditions, end, AT_ONCE, pace=FIRST_STEP):
            yield looked.places, looked.reached


def _conditions(referrer: Referrer, values: Mapping[str, str]) -> Conditions | None:
    """Rows with the values, in whatever shape they were stored; None if no shape has the key's columns."""
    wanted = [values[name] for name in referrer.key.to]
    shapes = Relation.objects.filter(source=referrer.table.source_id, table_id=referrer.table.pk)
    places: dict[tuple[int, ...], list[int]] = {}
    for shape in shapes.order_by("pk"):
        for found in _places(referrer, shape.columns):
            places.setdefault(found, []).append(shape.pk)
    if not places:
        return None
    plain = any_of(_has(found, wanted, shape_ids) for found, shape_ids in places.items())
    terms = any_of(
        all_of(has_term([(place, plain_text(text))]) for place, text in zip(found, wanted, strict=True))
        for found in places
    )
    of_table = sql.SQL("c.table_id = {} AND c.kind = ANY ({})").format(
        sql.Literal(referrer.table.pk), sql.Literal(list(WITH_ROWS))
    )
    return Conditions(of_table, ALWAYS, ALWAYS, ALWAYS, plain, all_of([terms, plain]), is_keyed=False)


def _has(places: Sequence[int], texts: Sequence[str], shape_ids: Sequence[int]) -> sql.Composable:
    values = [
        sql.SQL("c.new[{}] = {}").format(sql.Literal(place), sql.Literal(text))
        for place, text in zip(places, texts, strict=True)
    ]
    return all_of([sql.SQL("c.relation_id = ANY ({})").format(sql.Literal(list(shape_ids))), *values])


def _places(referrer: Referrer, columns: Columns) -> Iterator[tuple[int, ...]]:
    """The places of the key's columns in rows of a shape, under each of the names that they had."""
    numbers = {column["name"]: place for place, column in enumerate(columns, start=1)}
    for names in _names(referrer):
        if all(name in numbers for name in names):
            yield tuple(numbers[name] for name in names)


def _names(referrer: Referrer) -> Iterator[tuple[str, ...]]:
    """What the key's columns are called, and what they were called before they were renamed."""
    names = referrer.key.columns
    yield names
    for change in reversed(referrer.at.alterations):
        before = change.values_before() or {}
        former = tuple(before.get(name) or name for name in names)
        if former != names:
            names = former
            yield names


def _alive(at: TableAt, places: Places) -> dict[str, Latest]:
    """The newest changes of the rows that are found by those."""
    if not places:
        return {}
    ids = [number for _, number, _ in places]
    with connection.cursor() as cursor:
        cursor.execute(KEYS, [at.table.source_id, ids, min(ids), max(ids)])
        keys = {key: number for number, key in sorted(cursor.fetchall())}
    newest = latest(*at.ids, list(keys), at.since, at.moment.until)
    alive = {key: one for key, one in newest.items() if one.is_alive and one.own == keys[key]}
    return dict(sorted(alive.items(), key=lambda item: -keys[item[0]]))


def _ids(found: Mapping[str, Latest]) -> list[int]:
    return [one.own for one in found.values() if one.own is not None]


def _rows(referrer: Referrer, found: dict[str, Latest], values: Mapping[str, str]) -> list[RowAt]:
    """The rows of the moment, without those in which something else was once called like the key's columns."""
    rows = pages.rows_of(referrer.at, found) if found else []
    return [row for row in rows if _refers(row, referrer.key, values)]


def _refers(row: RowAt, key: ForeignKey, values: Mapping[str, str]) -> bool:
    """Whether its key has the values under the present names of its columns, as far as the row has them."""
    known: dict[str, Value] = {name: field.value for name, field in row.row.items()}
    return all(known.get(own, values[to]) == values[to] for own, to in zip(key.columns, key.to, strict=True))
