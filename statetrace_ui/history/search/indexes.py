"""The search indexes of partitions: built once nothing is added to a partition any more, so that writers pay nothing.

An index knows of each row a hash for each value and its place (`history_search_terms` in the database). It finds the
rows that may have a value; each is then looked at itself, so an entry of a row that was erased or masked meanwhile, or
of another value with the same hash, is found in vain and nothing else.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from statetrace_ui.history.partitions import Leaf, leaves
from statetrace_ui.history.question.terms import FieldCondition, Operator
from statetrace_ui.history.search.comparisons import all_of, indexed_texts, is_null
from statetrace_ui.history.search.fields import Shape, places_of
from statetrace_ui.wal.row_limit import identity

# fastupdate: entries that wait to be sorted in would be read by every search.
MAKE = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS {name}_search ON {name}
USING gin (history_search_terms(new, old)) WITH (fastupdate = off)
"""
INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
NOTE = "UPDATE history_partition SET searchable = true WHERE name = %s"
WITHOUT = "SELECT name FROM history_partition WHERE sealed_at IS NOT NULL AND NOT searchable"
KNOWN = """
SELECT DISTINCT first_id, end_id, searchable FROM history_partition
WHERE branch = ANY (%s) AND first_id < %s AND end_id > %s
"""
MOST_TERMS = 200  # more are not worth looking up


class Stretch(NamedTuple):
    """A range of ids, and whether all its partitions have an index."""

    first: int
    end: int
    indexed: bool


def build_missing() -> list[str]:
    """Index the sealed partitions that have no index yet; returns their names. Not inside a transaction.

    Neither readers nor writers wait. One that was killed is begun anew.
    """
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT)
        missing = {name for (name,) in cursor.fetchall()}
        found = [leaf for leaf in reversed(leaves(cursor)) if leaf.name in missing]
        for leaf in found:
            _build(cursor, leaf)
    return [leaf.name for leaf in found]


def _build(cursor: CursorWrapper, leaf: Leaf) -> None:
    cursor.execute(INVALID, [f"{leaf.name}_search"])
    for (half_made,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX CONCURRENTLY {half_made}")
    cursor.execute(MAKE.format(name=leaf.name))
    cursor.execute(f"ANALYZE {leaf.name}")  # how frequent a term is decides whether the index is worth entering
    cursor.execute(NOTE, [leaf.name])


def stretches(branches: Sequence[str], first: int, end: int) -> Iterator[Stretch]:
    """The ids from `first` until before `end` in ranges, newest first, by whether their partitions are indexed."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [list(branches), end, first])
        known = [Stretch(*row) for row in cursor.fetchall()]
    bounds = sorted({first, end, *(one for part in known for one in part[:2] if first < one < end)}, reverse=True)
    parts = (Stretch(start, before, _is_indexed(known, start, before)) for before, start in pairwise(bounds))
    yield from _joined(parts)


def _is_indexed(known: Iterable[Stretch], start: int, end: int) -> bool:
    over = [part for part in known if part.first < end and start < part.end]
    return bool(over) and all(part.indexed for part in over)


def _joined(parts: Iterable[Stretch]) -> Iterator[Stretch]:
    last: Stretch | None = None
    for part in parts:
        if last and last.indexed == part.indexed:
            last = Stretch(part.first, last.end, last.indexed)
        else:
            if last:
                yield last
            last = part
    if last:
        yield last


def terms_condition(conditions: Iterable[FieldCondition], shapes: Sequence[Shape]) -> sql.Composable | None:
    """What the index can tell of a change `c`; None where it can tell nothing."""
    found = [terms for one in conditions if not one.excluded and (terms := _terms(one, shapes)) is not None]
    return all_of(found) if found else None


def _terms(condition: FieldCondition, shapes: Sequence[Shape]) -> sql.Composable | None:
    """One of the terms that an equality of its values has in one of the tables."""
    having = [shape for shape in shapes if any(True for _ in places_of(condition, shape))]
    sides = [(1, condition.new)]
    if all(shape.sends_old for shape in having):
        sides.append((-1, condition.old))
    for sign, comparisons in sides:
        for comparison in comparisons:
            if comparison.operator == Operator.EQUALS and not is_null(comparison):
                terms = _terms_of(condition, having, comparison.text)
                if terms is not None and 0 < len(terms) <= MOST_TERMS:
                    return has_term(sorted((sign * place, text) for place, text in terms))
    return None


def _terms_of(condition: FieldCondition, shapes: Iterable[Shape], text: str) -> set[tuple[int, str]] | None:
    """(place, text as the index has it) of the value in each of the tables; None if that is not known of one."""
    terms: set[tuple[int, str]] = set()
    for shape in shapes:
        for place in places_of(condition, shape):
            masked = place.source_id is not None
            texts = [shape.mask(identity(text))] if masked and shape.mask else indexed_texts(text, place.type)
            if texts is None:
                return None
            terms.update((place.place, one) for one in texts)
    return terms


def has_term(terms: Iterable[tuple[int, str]]) -> sql.Composable:
    hashes = [
        sql.SQL("(hashtextextended({}, {}) >> 33)::integer").format(sql.Literal(text), sql.Literal(place))
        for place, text in terms
    ]
    return sql.SQL("history_search_terms(c.new, c.old) && ARRAY[{}]").format(sql.SQL(", ").join(hashes))
