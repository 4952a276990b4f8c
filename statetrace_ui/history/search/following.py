"""Looks for the transactions that a question means, newest first, and then through their changes.

Commits of a source are numbered in the order of their changes, so its transactions are looked through by their numbers,
each source at its own place; the one of which the least was seen goes on next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection
from psycopg import sql

from statetrace_ui.history.queries.ranges import Places
from statetrace_ui.history.question.terms import Question
from statetrace_ui.history.search import transactions
from statetrace_ui.history.search.comparisons import ALWAYS, all_of
from statetrace_ui.history.search.conditions import Conditions
from statetrace_ui.history.search.scanning import Looked, Pace, decided, last_id, run
from statetrace_ui.history.search.scope import Part, Scope

MOST_SESSIONS, MOST_TRANSACTIONS = 2_000, 20_000  # that are looked up at once
FIRST_STEP = 1_000  # transactions
FIRST_KNOWN, KNOWN_GROWTH = 100, 8  # transactions of known ids: a page seldom needs more than the newest
MOST_RANGES, MOST_CHANGES = 200, 5_000  # of one statement
FINISHED = 0
SESSIONS = "SELECT s.id FROM history_session AS s WHERE s.source_id = {source} AND {condition} LIMIT {limit}"
OF_SESSIONS = """
SELECT DISTINCT transaction_id FROM history_action WHERE source_id = {source} AND session_id = ANY ({sessions})
LIMIT {limit}
"""
# The last one whose changes begin below an id. Rows that begin a baseline are numbered when its transaction is not.
LAST_BELOW = """
SELECT transaction_id FROM history_change
WHERE source_id = %s AND NOT baseline AND kind <> 'S' AND id < %s ORDER BY id DESC LIMIT 1
"""
FIRST_CHANGE = """
SELECT first_change FROM history_transaction
WHERE source_id = %s AND id >= %s AND first_change IS NOT NULL AND kind = ANY ('{commit,migration}') ORDER BY id LIMIT 1
"""
FOUND = """
SELECT x.id, x.first_change, x.last_change, NULL FROM history_transaction AS x
WHERE x.source_id = {source} AND {ids} AND x.first_change < {end} AND x.last_change >= {first} AND {conditions}
ORDER BY x.first_change DESC
"""
# The ids that all ranges have in common stand as constants, for the planner to leave out other partitions.
IN_RANGES = """
SELECT looked.* FROM unnest({transactions}::bigint[], {firsts}::bigint[], {lasts}::bigint[]) AS range (id, first, last)
CROSS JOIN LATERAL (
    SELECT c.source_id, c.id, c.baseline, {verdict} AS verdict FROM history_change AS c
    WHERE c.source_id = {source} AND NOT c.baseline AND c.transaction_id = range.id
      AND c.id >= range.first AND c.id <= range.last AND c.id >= {first} AND c.id < {end} AND {conditions}
    OFFSET 0) AS looked
WHERE verdict IS NOT FALSE
"""


class Range(NamedTuple):
    """Changes of a transaction, from the first to the last id."""

    transaction: int
    first: int
    last: int


@dataclass
class Followed:
    """How far one source has been looked through: down to the id `reached`; FINISHED at its end."""

    places: Iterator[tuple[Places, int]]
    reached: int


def follow(scope: Scope, conditions: Conditions, end: int) -> Iterator[Looked]:
    """As `scanning.scan`, of a question that says which transactions are meant."""
    if scope.is_empty:
        return
    end = min(end, last_id() + 1)
    sources = [Followed(_of_source(scope, conditions, part, end), min(end, part.end)) for part in scope.parts]
    while left := [one for one in sources if one.reached != FINISHED]:
        furthest = max(left, key=lambda one: one.reached)
        places, furthest.reached = next(furthest.places, ([], FINISHED))
        yield Looked(places, max(one.reached for one in sources))


def _of_source(scope: Scope, conditions: Conditions, part: Part, end: int) -> Iterator[tuple[Places, int]]:
    """What is found, newest first, and down to which id everything has been looked at."""
    end = min(end, part.end)
    for ranges, reached in _ranges(scope.question, part, end):
        pieces = list(_pieces(ranges, part.first, end))
        for piece, least in zip(pieces, _least(pieces, reached), strict=True):
            yield decided(scope, _look(conditions, part.source_id, piece)), least
        yield [], max(reached, part.first) if reached else FINISHED


def _least(pieces: Sequence[Sequence[Range]], reached: int) -> list[int]:
    """For each piece, the id above which no later one has a change: what was read of tables may overlap with others."""
    found: list[int] = []
    for piece in reversed(pieces):
        found.append(reached)
        reached = max(reached, *(one.last + 1 for one in piece))
    return found[::-1]


def _look(conditions: Conditions, source_id: int, ranges: Sequence[Range]) -> list[tuple[int, int, bool, bool]]:
    statement = sql.SQL("SELECT source_id, id, baseline, verdict IS NULL FROM ({}) AS found ORDER BY id DESC").format(
        sql.SQL(IN_RANGES).format(
            transactions=sql.Literal([one.transaction for one in ranges]),
            firsts=sql.Literal([one.first for one in ranges]),
            lasts=sql.Literal([one.last for one in ranges]),
            verdict=conditions.verdict,
            source=sql.Literal(source_id),
            first=sql.Literal(min(one.first for one in ranges)),
            end=sql.Literal(max(one.last for one in ranges) + 1),
            conditions=all_of([conditions.found, conditions.plain, conditions.rest]),
        )
    )
    return run(statement)


def _pieces(ranges: Sequence[Range], first: int, end: int) -> Iterator[list[Range]]:
    """The ranges within a period in lists of few changes, newest first; a huge transaction is divided."""
    piece: list[Range] = []
    size = 0
    for one in ranges:
        start, last = max(one.first, first), min(one.last, end - 1)
        while start <= last:
            cut = max(start, last - (MOST_CHANGES - size) + 1)
            piece.append(Range(one.transaction, cut, last))
            size, last = size + last - cut + 1, cut - 1
            if size >= MOST_CHANGES or len(piece) == MOST_RANGES:
                yield piece
                piece, size = [], 0
    if piece:
        yield piece


def _ranges(question: Question, part: Part, end: int) -> Iterator[tuple[list[Range], int]]:
    """The transactions that are meant, newest first, and the id down to which no other is; FINISHED at the end."""
    known = _known(question, part.source_id)
    if known is not None:
        yield from _of_known(question, part, known, end)
    elif question.xids.wanted or question.lsns.wanted:
        yield _found(question, part, sql.SQL("true"), end), FINISHED
    else:
        yield from _stepped(question, part, end)


def _known(question: Question, source_id: int) -> list[int] | None:
    """The ids of the transactions of the sessions that are asked for, if these are few."""
    asked = transactions.of_session(question)
    if not asked:
        return None
    source = sql.Literal(source_id)
    limit = sql.Literal(MOST_SESSIONS + 1)
    sessions = _numbers(sql.SQL(SESSIONS).format(source=source, condition=all_of(asked), limit=limit))
    if len(sessions) > MOST_SESSIONS:
        return None
    limit = sql.Literal(MOST_TRANSACTIONS + 1)
    found = _numbers(sql.SQL(OF_SESSIONS).format(source=source, sessions=sql.Literal(sessions), limit=limit))
    return found if len(found) <= MOST_TRANSACTIONS else None


def _of_known(question: Question, part: Part, known: Sequence[int], end: int) -> Iterator[tuple[list[Range], int]]:
    """The newest of them first, then more at once."""
    last, size = _last_below(part.source_id, end), FIRST_KNOWN
    left = sorted(one for one in known if one <= last)
    while left:
        some, left, size = left[-size:], left[:-size], size * KNOWN_GROWTH
        reached = _first_change(part.source_id, some[0])
        if reached is not None and reached <= part.first:
            left = []
        ids = sql.SQL("x.id = ANY ({})").format(sql.Literal(some))
        yield _found(question, part, ids, end), (reached or end) if left else FINISHED


def _stepped(question: Question, part: Part, end: int) -> Iterator[tuple[list[Range], int]]:
    """By their numbers, in steps whose size follows the time that they take."""
    below = _last_below(part.source_id, end) + 1
    pace = Pace(FIRST_STEP)
    while below > 1:
        start = max(1, below - pace.size)
        between = sql.SQL("{column} >= {start} AND {column} < {below}")
        limits = {"start": sql.Literal(start), "below": sql.Literal(below)}
        ids = between.format(column=sql.Identifier("x", "id"), **limits)
        of_actions = between.format(column=sql.Identifier("a", "transaction_id"), **limits)
        # Statistics know nothing of the newest rows, and a planner that expects none goes through all for each.
        found = pace.run(_statement(question, part, ids, end, of_actions), enable_nestloop="off")
        if found is None:
            continue
        reached = _first_change(part.source_id, start) if start > 1 else FINISHED
        below = 1 if reached is not None and FINISHED < reached <= part.first else start
        yield [Range(*row[:3]) for row in found], FINISHED if below == 1 else reached or end


def _found(question: Question, part: Part, ids: sql.Composable, end: int) -> list[Range]:
    return [Range(*row[:3]) for row in run(_statement(question, part, ids, end))]


def _statement(
    question: Question, part: Part, ids: sql.Composable, end: int, of_actions: sql.Composable = ALWAYS
) -> sql.Composable:
    own = transactions.of_transaction_row(question)
    actions = transactions.of_actions(question, sql.Identifier("x", "source_id"), sql.Identifier("x", "id"), of_actions)
    return sql.SQL(FOUND).format(
        source=sql.Literal(part.source_id),
        ids=ids,
        first=sql.Literal(part.first),
        end=sql.Literal(end),
        conditions=all_of([*own, *actions]),
    )


def _numbers(statement: sql.Composable) -> list[int]:
    return [number for (number,) in run(statement)]  # type: ignore[misc]


def _last_below(source_id: int, end: int) -> int:
    return _number(LAST_BELOW, source_id, end) or 0


def _first_change(source_id: int, transaction: int) -> int | None:
    return _number(FIRST_CHANGE, source_id, transaction)


def _number(statement: str, *values: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
        return row[0] if row else None
