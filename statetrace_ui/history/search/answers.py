"""Answers to questions: pages that say how far they looked, and all matches one after the other."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from django.db import connection

from statetrace_ui.history.models import Change
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.gaps import gap_ranges
from statetrace_ui.history.queries.ranges import Places, before, fetched, newest
from statetrace_ui.history.queries.sources import sources_of
from statetrace_ui.history.question.terms import Question
from statetrace_ui.history.search.conditions import conditions_of
from statetrace_ui.history.search.following import follow
from statetrace_ui.history.search.scanning import Looked, scan
from statetrace_ui.history.search.scope import Scope, scope_of
from statetrace_ui.history.search.transactions import concerns_transactions
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import HIGHEST_ID, PAGE_SIZE, M, Page, decode, encode, id_of

MOST_PACE = 1 << 22
FEW, MANY = 200, 2_000  # changes that one step finds at most, for a page and for everything
# Source by source, since only then each partition gives its first row without reading the others.
REACHED = """
SELECT x.committed_at FROM unnest(%s::int[]) AS source (id)
CROSS JOIN LATERAL (
    SELECT source_id, id, transaction_id FROM history_change
    WHERE source_id = source.id AND NOT baseline AND id >= %s AND id < %s ORDER BY id LIMIT 1) AS c
JOIN history_transaction AS x ON x.source_id = c.source_id AND x.id = c.transaction_id
ORDER BY c.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Answer(Generic[M]):
    """A page of matches, newest first; `page.older` is the cursor to go on from, None at the end.

    complete: whether there is nothing more to look at. full: whether the page ends because it has enough matches, not
    because the time was over. Else everything with ids from `reached` on, committed at `reached_at` or later, has been
    looked at; the time is None where nothing was stored that late.
    """

    page: Page[M]
    complete: bool
    full: bool
    reached: int
    reached_at: datetime | None


def changes(
    organisation: Organisation,
    question: Question,
    cursor: str = "",
    size: int = PAGE_SIZE,
    seconds: float = 0.5,
    after: int = -1,
) -> Answer[Change]:
    """The newest matches below the cursor's id and above `after`. It stops when the page is full or time is over."""
    scope = scope_of(organisation, question, after)
    end, pace = _decoded(cursor)
    places, reached, pace = _look(scope, end, pace, size, seconds)
    full = len(places) > size
    shown = places[:size]
    reached = shown[-1][1] if full else reached
    rows = fetched(listed_changes(), shown, size).rows
    older = encode([reached, pace]) if reached else None
    at = committed_at(organisation, reached) if reached and not full else None
    return Answer(Page(rows, older), not reached, full, reached, at)


def every(organisation: Organisation, question: Question, after: int = -1, end: int = HIGHEST_ID) -> Iterator[Places]:
    """All matches above the id `after` and below `end`, newest first, in batches; memory stays bounded.

    Changes that are stored meanwhile are not among them.
    """
    for looked in steps(organisation, question, after, end):
        yield looked.places


def steps(organisation: Organisation, question: Question, after: int = -1, end: int = HIGHEST_ID) -> Iterator[Looked]:
    """As `every`, also batches without any match: each says how far back everything has been looked at."""
    scope = scope_of(organisation, question, after)
    waiting = _gaps(scope, end, HIGHEST_ID)
    for looked in _looks(scope, end, MANY):
        waiting = _merged(waiting, looked.places)
        count = sum(number >= looked.reached for _, number, _ in waiting)
        yield Looked(waiting[:count], looked.reached)
        waiting = waiting[count:]
    yield Looked(waiting, 0)


def lowered(cursor: str, number: int) -> str:
    """A cursor from which a page begins below the id `number`, if not lower."""
    end, pace = _decoded(cursor)
    return encode([min(end, number), pace])


def _decoded(cursor: str) -> tuple[int, int]:
    """The id below which a page begins, and the size of the step to go on with. Raises UserError."""
    if not cursor:
        return HIGHEST_ID, 0
    number, pace = decode(cursor, 2)
    return id_of(encode([number])) or 0, min(MOST_PACE, id_of(encode([pace])) or 0)


def _look(scope: Scope, end: int, pace: int, size: int, seconds: float) -> tuple[Places, int, int]:
    """A page's places and one more, the id from which on everything was looked at (0 at the end), and the pace."""
    begun, reached = time.monotonic(), end
    places = _gaps(scope, end, size + 1)
    for looked in _looks(scope, end, FEW, pace):
        places, reached, pace = _merged(places, looked.places), looked.reached, looked.pace
        is_over = time.monotonic() - begun > seconds and reached < end  # the next page must begin further back
        if is_over or sum(number >= reached for _, number, _ in places) > size:
            break
    else:
        reached = 0
    return [place for place in places if place[1] >= reached][: size + 1], reached, pace


def _looks(scope: Scope, end: int, limit: int, pace: int = 0) -> Iterator[Looked]:
    conditions = conditions_of(scope)
    if concerns_transactions(scope.question) and not scope.question.keys.wanted and not scope.in_baselines:
        yield from follow(scope, conditions, end)
    else:
        yield from scan(scope, conditions, end, limit, pace)


def _gaps(scope: Scope, end: int, size: int) -> Places:
    """Wherever a period or sources touch them: what is asked for may be what was missed."""
    if not scope.with_gaps:
        return []
    question = scope.question
    ranges = [one for source in scope.sources for one in gap_ranges(source, question.start, question.end, scope.after)]
    return newest(before(ranges, encode([end])), size)


def _merged(some: Places, more: Places) -> Places:
    return sorted({*some, *more}, key=lambda place: -place[1])


def committed_at(organisation: Organisation, reached: int) -> datetime | None:
    """When the oldest change was committed of those that are not older than `reached`."""
    sources = list(sources_of(organisation).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(REACHED, [sources, reached, HIGHEST_ID])
        row = cursor.fetchone()
    return row[0] if row else None
