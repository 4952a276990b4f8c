"""Finds records by words: by their keys, and by the values of the columns that name rows. `68`, `order 68`, `C973NJ5W`.

Words that name tables narrow where the others are looked for.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

from statetrace_ui.history.models import Change, Source, Table
from statetrace_ui.history.queries.windows import windows
from statetrace_ui.history.question.terms import Choice, Question
from statetrace_ui.history.search.comparisons import ALWAYS
from statetrace_ui.history.search.conditions import Conditions
from statetrace_ui.history.search.patterns import record_keys
from statetrace_ui.history.search.scanning import last_id, scan
from statetrace_ui.history.search.scope import Scope, scope_of
from statetrace_ui.history.search.words import label_condition, tables_named
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import HIGHEST_ID

MOST_WORDS = 6
MOST_LOOKED_UP = 5_000  # tables, or keys in them
FOUND_AT_ONCE = 200
WITH_ROWS = Question(kinds=Choice(("insert", "update", "snapshot")))
KEYS = """
SELECT DISTINCT source_id, table_id, record_key FROM history_change
WHERE source_id = ANY (%s) AND id = ANY (%s) AND id >= %s AND id <= %s AND record_key <> ''
"""
# Few keys in many tables: each is one look-up in an index, planned once for the partitions of a window.
NEWEST = """
SELECT asked.source_id, asked.table_id, asked.key, found.id, found.kind
FROM unnest(%(sources)s::int[], %(tables)s::int[], %(keys)s::text[]) AS asked (source_id, table_id, key)
CROSS JOIN LATERAL (
    SELECT id, kind FROM history_change
    WHERE source_id = asked.source_id AND table_id = asked.table_id AND record_key = asked.key
      AND id >= %(first)s AND id < %(end)s
    ORDER BY id DESC LIMIT 1) AS found
"""


class Named(NamedTuple):
    """A record's place: its table, and its key as it is stored."""

    source_id: int
    table_id: int
    key: str


@dataclass(frozen=True, slots=True)
class Record:
    """source, table: where it is. key: as stored. change_id, kind: of its newest change."""

    source: Source
    table: Table
    key: str
    change_id: int
    kind: Change.Kind


def records(organisation: Organisation, words: Sequence[str], limit: int, seconds: float = 0.3) -> list[Record]:
    """The records that the words name, those with the newest changes first; of labels, what is found in time."""
    until = time.monotonic() + seconds
    asked = [word for word in words if word.strip()][:MOST_WORDS]
    scope = scope_of(organisation, WITH_ROWS)
    found: dict[Named, Record] = {}
    for tables, text in _meanings(scope, asked):
        narrowed = replace(scope, tables=[table.pk for table in tables])
        keyed = [Named(table.source_id, table.pk, key) for table in tables for key in _keys(scope, text)]
        labelled = _labelled(narrowed, text, limit, until)
        for record in _newest(scope, {*keyed[:MOST_LOOKED_UP], *labelled}, limit):
            found[Named(record.source.pk, record.table.pk, record.key)] = record
    return sorted(found.values(), key=lambda one: -one.change_id)[:limit]


def _meanings(scope: Scope, words: Sequence[str]) -> Iterator[tuple[Sequence[Table], str]]:
    """(tables, what a record in them is called): all words name a record, or some of them its table."""
    if not words:
        return
    yield scope.all_tables, " ".join(words)
    naming = {word: set(found) for word in words if (found := tables_named(scope, word))}
    others = [word for word in words if word not in naming]
    if naming and others:
        named = set.intersection(*naming.values())
        yield [table for table in scope.all_tables if table.pk in named], " ".join(others)


def _keys(scope: Scope, text: str) -> set[str]:
    return record_keys(text, *scope.masks.values())


def _labelled(scope: Scope, text: str, limit: int, until: float) -> set[Named]:
    """Records whose rows are called so, in the order of their newest changes."""
    plain, indexed = label_condition(scope.shapes, text)
    kinds = sql.SQL("c.kind = ANY ({})").format(sql.Literal(list(scope.kinds)))
    conditions = Conditions(kinds, ALWAYS, ALWAYS, ALWAYS, plain, indexed, is_keyed=False)
    found: set[Named] = set()
    for looked in scan(scope, conditions, HIGHEST_ID, FOUND_AT_ONCE):
        if looked.places:
            found |= _named(looked.places)
        if len(found) >= limit or time.monotonic() > until:
            break
    return found


def _named(places: Iterable[tuple[int, int, bool]]) -> set[Named]:
    sources, ids, _ = (list(column) for column in zip(*places, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(KEYS, [sources, ids, min(ids), max(ids)])
        return {Named(*row) for row in cursor.fetchall()}


def _newest(scope: Scope, asked: Iterable[Named], limit: int) -> Iterator[Record]:
    """The records that there are, those with the newest changes first."""
    missing, found = set(asked), 0
    sources = {source.pk: source for source in scope.sources}
    tables = {table.pk: table for table in scope.all_tables}
    for first, end in windows(0, last_id() + 1):
        if not missing or found >= limit:
            return
        for source_id, table_id, key, number, kind in _between(first, end, missing):
            missing.discard(Named(source_id, table_id, key))
            found += 1
            yield Record(sources[source_id], tables[table_id], key, number, Change.Kind(kind))


def _between(first: int, end: int, asked: Iterable[Named]) -> list[tuple[int, int, str, int, str]]:
    source_ids, table_ids, keys = (list(column) for column in zip(*asked, strict=True))
    values: dict[str, Any] = {"sources": source_ids, "tables": table_ids, "keys": keys, "first": first, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, values)
        found: list[tuple[int, int, str, int, str]] = cursor.fetchall()
        return found
