"""What of the history has search indexes (`building.py` makes them), and what they can tell of a condition.

An index knows of each row a hash for each value and its place (`history_search_terms` in the database). It finds the
rows that may have a value; each is then looked at itself, so an entry of a row that was erased or masked meanwhile, or
of another value with the same hash, is found in vain and nothing else.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from django.db import connection
from psycopg import sql

from statetrace_ui.history.question.terms import FieldCondition, Operator
from statetrace_ui.history.search.comparisons import all_of, indexed_texts, is_null
from statetrace_ui.history.search.fields import Shape, places_of
from statetrace_ui.wal.row_limit import identity

KNOWN = """
SELECT DISTINCT first_id, end_id, searchable, slice_ends FROM history_partition
WHERE branch = ANY (%s) AND first_id < %s AND end_id > %s
"""
MOST_TERMS = 200  # more are not worth looking up


class Stretch(NamedTuple):
    """A range of ids, and whether it has an index. is_slice: of a part of a partition, which is entered by itself."""

    first: int
    end: int
    indexed: bool
    is_slice: bool = False


def stretches(branches: Sequence[str], first: int, end: int) -> Iterator[Stretch]:
    """The ids from `first` until before `end` in ranges, newest first, by what of them is indexed in all branches."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [list(branches), end, first])
        known = [part for row in cursor.fetchall() for part in _parts(*row)]
    bounds = sorted({first, end, *(one for part in known for one in part[:2] if first < one < end)}, reverse=True)
    yield from _joined(_within(known, start, before) for before, start in pairwise(bounds))


def _parts(first: int, end: int, searchable: bool, slice_ends: list[int]) -> Iterator[Stretch]:
    """Of a partition."""
    for start, before in pairwise([first, *slice_ends]):
        yield Stretch(start, before, True, is_slice=True)
    rest = [first, *slice_ends][-1]
    if rest < end:
        yield Stretch(rest, end, searchable)


def _within(known: Iterable[Stretch], start: int, end: int) -> Stretch:
    over = [part for part in known if part.first < end and start < part.end]
    return Stretch(start, end, bool(over) and all(part.indexed for part in over), any(part.is_slice for part in over))


def _joined(parts: Iterable[Stretch]) -> Iterator[Stretch]:
    last: Stretch | None = None
    for part in parts:
        if last and last.indexed == part.indexed and not (last.is_slice or part.is_slice):
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
