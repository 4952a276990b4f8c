"""The spans of time in which changes are counted. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

MINUTE, TEN_MINUTES, HOUR, DAY = 60, 600, 3_600, 86_400
OF_KINDS = (MINUTE, TEN_MINUTES, HOUR, DAY)
OF_TABLES = (HOUR, DAY)
KEPT = {MINUTE: timedelta(days=8), TEN_MINUTES: timedelta(days=60), HOUR: timedelta(days=730)}  # days: for good
MOST_SPANS = 200  # of one chart, but of very long times: then days
OF_BASELINES = "BS"  # kinds of changes that did not happen when they were stored: they are not counted
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Fact(NamedTuple):
    """Changes that were committed together. table_id: None of what concerns a whole source."""

    at: datetime
    table_id: int | None
    kind: str
    outside: bool
    changes: int


class KindSpan(NamedTuple):
    seconds: int
    at: datetime
    kind: str
    outside: bool


class TableSpan(NamedTuple):
    seconds: int
    at: datetime
    table_id: int


def floor(at: datetime, seconds: int) -> datetime:
    """The beginning of the span, in UTC, that has the moment."""
    since = at - EPOCH
    return EPOCH + timedelta(seconds=(since.days * DAY + since.seconds) // seconds * seconds)


def by_kind(facts: Iterable[Fact]) -> Counter[KindSpan]:
    counts: Counter[KindSpan] = Counter()
    for fact in facts:
        for seconds in OF_KINDS:
            counts[KindSpan(seconds, floor(fact.at, seconds), fact.kind, fact.outside)] += fact.changes
    return counts


def by_table(facts: Iterable[Fact]) -> Counter[TableSpan]:
    counts: Counter[TableSpan] = Counter()
    for fact in facts:
        if fact.table_id is not None:
            for seconds in OF_TABLES:
                counts[TableSpan(seconds, floor(fact.at, seconds), fact.table_id)] += fact.changes
    return counts


def is_kept(start: datetime, seconds: int, now: datetime) -> bool:
    return seconds not in KEPT or start >= now - KEPT[seconds]


def fitting(start: datetime, end: datetime, now: datetime) -> int:
    """The seconds of the shortest spans of which MOST_SPANS at most cover the time, and that are still kept."""
    length = (end - start).total_seconds()
    possible = (seconds for seconds in OF_KINDS if length <= seconds * MOST_SPANS)
    return next((seconds for seconds in possible if is_kept(start, seconds, now)), DAY)


def whole_spans(start: datetime, end: datetime, seconds: int) -> tuple[datetime, datetime]:
    """The beginning of the first span and the end of the last one that the time touches."""
    return floor(start, seconds), floor(end - timedelta(microseconds=1), seconds) + timedelta(seconds=seconds)
