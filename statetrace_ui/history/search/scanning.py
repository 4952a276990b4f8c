"""Looks through changes, newest first, in steps whose size follows the time that they take.

A statement is planned for all that its step holds, never for the first few matches: a planner that hopes to meet fifty
soon walks through everything where they are rare. So each step is small enough to be read whole.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors, sql

from statetrace_ui.history import partitions
from statetrace_ui.history.queries.ranges import Places
from statetrace_ui.history.search import earlier
from statetrace_ui.history.search.comparisons import all_of, any_of
from statetrace_ui.history.search.conditions import Conditions
from statetrace_ui.history.search.indexes import Stretch, stretches
from statetrace_ui.history.search.scope import Scope

FIRST_STEP, LEAST_STEP, MOST_GROWTH = 512, 64, 8.0  # ids
WALKED = 4_096  # before an index is entered
KEYED_STEP, INDEXED_STEP = 1 << 18, 1 << 22  # of which an index leaves little
STEP_SECONDS = 0.1
MOST_SECONDS = 2.0  # for a step that was judged wrongly; the smallest may take as long as it needs
MOST_OPEN = 500  # whose rows before are looked for at once
IN_STEP = """
SELECT source_id, id, baseline, verdict IS NULL FROM (
    SELECT c.source_id, c.id, c.baseline, {verdict} AS verdict FROM history_change AS c
    WHERE {baseline} AND c.id >= {first} AND c.id < {end} AND {conditions} OFFSET 0) AS looked
WHERE verdict IS NOT FALSE
"""
KEPT = "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS setting (name, value)"
NEWEST = "SELECT * FROM ({}) AS found ORDER BY 2 DESC LIMIT {}"


@dataclass(frozen=True, slots=True)
class Looked:
    """What a step found, newest first. Everything with ids from `reached` on has been looked at.

    pace: the size of the step to go on with; 0 where that is not known.
    """

    places: Places
    reached: int
    pace: int = 0


def scan(scope: Scope, conditions: Conditions, end: int, limit: int, pace: int = 0) -> Iterator[Looked]:
    """The matches below the id `end`. limit: how many changes a step finds at most. pace: what was told before."""
    if scope.is_empty:
        return
    first = min(part.first for part in scope.parts)
    end = min(end, max(part.end for part in scope.parts), last_id() + 1)
    walking = Pace(pace or (KEYED_STEP if conditions.is_keyed else FIRST_STEP))
    if conditions.indexed is None:
        yield from _stretch(scope, conditions, Stretch(first, end, False), walking, limit)
        return
    # What many changes have is met soon by walking, and the index would name too many of them.
    walked = max(first, end - WALKED)
    yield from _stretch(scope, conditions, Stretch(walked, end, False), walking, limit)
    searching = Pace(INDEXED_STEP)
    for stretch in stretches(scope.branches, first, walked):
        yield from _stretch(scope, conditions, stretch, searching if stretch.indexed else walking, limit)


def _stretch(scope: Scope, conditions: Conditions, stretch: Stretch, pace: "Pace", limit: int) -> Iterator[Looked]:
    end = stretch.end
    while end > stretch.first:
        start = max(stretch.first, end - pace.size)
        found = pace.run(_step(scope, conditions, Stretch(start, end, stretch.indexed), limit))
        if found is None:
            continue
        end = found[-1][1] if len(found) == limit else start
        yield Looked(decided(scope, found), end, 0 if stretch.indexed else pace.size)


class Pace:
    """The size of the next step, by the time that the last one took."""

    def __init__(self, size: int = FIRST_STEP) -> None:
        self.size = size

    def run(self, statement: sql.Composable, **settings: str) -> list[tuple[int, int, bool, bool]] | None:
        """(source, id, baseline, whether it is still open) of what the step finds; None if it must be smaller.

        settings: of the server, for the planner.
        """
        begun = time.monotonic()
        if self.size > LEAST_STEP:
            settings["statement_timeout"] = str(int(MOST_SECONDS * 1000))
        try:
            found = run(statement, **settings)
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.QueryCanceled) or self.size <= LEAST_STEP:
                raise
            self.size = max(LEAST_STEP, self.size // 16)
            return None
        factor = STEP_SECONDS / max(time.monotonic() - begun, 1e-6)
        self.size = max(LEAST_STEP, int(self.size * min(MOST_GROWTH, max(0.25, factor))))
        return found


def decided(scope: Scope, found: list[tuple[int, int, bool, bool]]) -> Places:
    """Those that match."""
    still_open = [(source, number, baseline) for source, number, baseline, is_open in found if is_open]
    matching: set[int] = set()
    for place in range(0, len(still_open), MOST_OPEN):
        matching |= earlier.matching(scope, still_open[place : place + MOST_OPEN])
    return [
        (source, number, baseline) for source, number, baseline, is_open in found if not is_open or number in matching
    ]


def last_id() -> int:
    with connection.cursor() as cursor:
        return partitions.last_id(cursor)


def _step(scope: Scope, conditions: Conditions, step: Stretch, limit: int) -> sql.Composable:
    parts = [of_sources(scope, step.first, step.end), conditions.found, conditions.rest, conditions.of_transactions]
    parts.append(conditions.indexed if step.indexed and conditions.indexed else conditions.plain)
    statements = [
        sql.SQL(IN_STEP).format(
            verdict=conditions.verdict,
            baseline=sql.SQL("c.baseline" if branch == "baseline" else "NOT c.baseline"),
            first=sql.Literal(step.first),
            end=sql.Literal(step.end),
            conditions=all_of(parts),
        )
        for branch in scope.branches
    ]
    return sql.SQL(NEWEST).format(sql.SQL(" UNION ALL ").join(statements), sql.Literal(limit))


def of_sources(scope: Scope, first: int, end: int) -> sql.Composable:
    """The sources, each with its own period where the step reaches beyond it."""
    touched = [part for part in scope.parts if part.first < end and first < part.end]
    whole = [part.source_id for part in touched if part.first <= first and end <= part.end]
    cut = [
        sql.SQL("c.source_id = {} AND c.id >= {} AND c.id < {}").format(
            sql.Literal(part.source_id), sql.Literal(part.first), sql.Literal(part.end)
        )
        for part in touched
        if part.source_id not in whole
    ]
    return any_of([*([sql.SQL("c.source_id = ANY ({})").format(sql.Literal(whole))] if whole else []), *cut])


def run(statement: sql.Composable, **settings: str) -> list[tuple[int, int, bool, bool]]:
    with _set(settings) if settings else connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[int, int, bool, bool]] = cursor.fetchall()
        return found


@contextmanager
def _set(settings: Mapping[str, str]) -> Iterator[CursorWrapper]:
    """A cursor for which these settings of the server hold. What holds otherwise holds again afterwards."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(map(_current, settings))))
        before = cursor.fetchone()
        cursor.execute(KEPT, [list(settings), list(settings.values())])
        yield cursor
        cursor.execute(KEPT, [list(settings), list(before)])


def _current(name: str) -> sql.Composable:
    return sql.SQL("current_setting({})").format(sql.Literal(name))
