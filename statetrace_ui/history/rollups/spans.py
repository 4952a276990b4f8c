"""The spans of time in which changes are counted. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

MINUTE, TEN_MINUTES, HOUR, DAY, TEN_DAYS = 60, 600, 3_600, 86_400, 864_000
OF_KINDS = (MINUTE, TEN_MINUTES, HOUR, DAY, TEN_DAYS)
OF_TABLES = OF_ACTORS = (HOUR, DAY, TEN_DAYS)
# How long ago spans of a length may have begun that are kept; those that are not named are kept for good.
Kept = Mapping[int, timedelta]
KEPT: Kept = {MINUTE: timedelta(days=8), TEN_MINUTES: timedelta(days=60), HOUR: timedelta(days=730)}
KEPT_OF_ACTORS: Kept = {HOUR: timedelta(days=60), DAY: timedelta(days=730)}
MOST_SPANS = 400  # of one chart, but of more than ten years
MOST_BY_HOUR = timedelta(days=2)  # of a longer time, tables and actors are counted by day
OF_BASELINES = "BS"  # kinds of changes that did not happen when they were stored: they are not counted
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = tuple[Any, ...]


class Fact(NamedTuple):
    """Changes that were committed together. table_id: None of what concerns a whole source.

    sessions: those that the actions of their transaction name.
    """

    at: datetime
    table_id: int | None
    kind: str
    outside: bool
    changes: int
    sessions: Collection[int] = ()


class CountedAs(NamedTuple):
    """As whom a session is counted. actor: as it is known; session_id: the session that stands for the actor."""

    actor: str
    session_id: int


class Part(NamedTuple):
    """Whole spans of `seconds` from `start` until before `end`."""

    seconds: int
    start: datetime
    end: datetime


def floor(at: datetime, seconds: int) -> datetime:
    """The beginning of the span, in UTC, that has the moment."""
    since = at - EPOCH
    return EPOCH + timedelta(seconds=(since.days * DAY + since.seconds) // seconds * seconds)


def ceiling(at: datetime, seconds: int) -> datetime:
    """The first beginning of a span at the moment or after it."""
    return floor(at - timedelta(microseconds=1), seconds) + timedelta(seconds=seconds)


def by_kind(facts: Iterable[Fact]) -> list[Row]:
    """(seconds, at, kind, outside, changes), in order."""
    return _by_span(((fact.at, (fact.kind, fact.outside), fact.changes) for fact in facts), OF_KINDS)


def by_table(facts: Iterable[Fact]) -> list[Row]:
    """(seconds, at, table, changes), in order."""
    of_tables = (fact for fact in facts if fact.table_id is not None)
    return _by_span(((fact.at, (fact.table_id,), fact.changes) for fact in of_tables), OF_TABLES)


def by_actor(facts: Iterable[Fact], counted_as: Mapping[int, CountedAs]) -> list[Row]:
    """(seconds, at, session, changes), in order: each change once for each actor, whichever sessions actions name."""
    of_actors = ((fact.at, (session_id,), fact.changes) for fact in facts for session_id in _actors(fact, counted_as))
    return _by_span(of_actors, OF_ACTORS)


def _actors(fact: Fact, counted_as: Mapping[int, CountedAs]) -> Iterable[int]:
    return dict(counted_as[one] for one in sorted(fact.sessions) if one in counted_as).values()


def _by_span(counted: Iterable[tuple[datetime, tuple[Any, ...], int]], lengths: Sequence[int]) -> list[Row]:
    """Of (moment, what, changes). Those of a shortest span are added up first: the store has no time to lose."""
    starts: dict[datetime, datetime] = {}
    shortest: Counter[tuple[datetime, tuple[Any, ...]]] = Counter()
    for moment, what, changes in counted:
        if moment not in starts:
            starts[moment] = floor(moment, lengths[0])
        shortest[starts[moment], what] += changes
    counts: Counter[tuple[Any, ...]] = Counter()
    for (at, what), changes in shortest.items():
        for seconds in lengths:
            counts[seconds, floor(at, seconds), *what] += changes
    return [(*span, changes) for span, changes in sorted(counts.items())]


def is_kept(start: datetime, seconds: int, now: datetime, kept: Kept = KEPT) -> bool:
    return seconds not in kept or start >= now - kept[seconds]


def fitting(start: datetime, end: datetime, now: datetime) -> int:
    """The seconds of the shortest spans of which MOST_SPANS at most cover the time, and that are still kept."""
    length = (end - start).total_seconds()
    possible = (seconds for seconds in OF_KINDS if length <= seconds * MOST_SPANS)
    return next((seconds for seconds in possible if is_kept(start, seconds, now)), OF_KINDS[-1])


def whole_spans(start: datetime, end: datetime, seconds: int) -> tuple[datetime, datetime]:
    """The beginning of the first span and the end of the last one that the time touches."""
    return floor(start, seconds), ceiling(end, seconds)


def covering(start: datetime, end: datetime, now: datetime, kept: Kept = KEPT) -> list[Part]:
    """Parts in order, of which longer spans lie inside: a long time is read as few spans, and to the day."""
    length = (end - start).total_seconds()
    lengths = [
        seconds
        for seconds in OF_TABLES
        if is_kept(start, seconds, now, kept) and (seconds > HOUR or length <= MOST_BY_HOUR.total_seconds())
    ]
    return _parts(*whole_spans(start, end, lengths[0]), lengths)


def _parts(start: datetime, end: datetime, lengths: Sequence[int]) -> list[Part]:
    if start >= end:
        return []
    *shorter, longest = lengths
    first, last = ceiling(start, longest), floor(end, longest)
    if first >= last:
        return _parts(start, end, shorter)
    return [*_parts(start, first, shorter), Part(longest, first, last), *_parts(last, end, shorter)]
