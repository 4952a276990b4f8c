"""What was committed within a time, read of the counts that the store keeps: a bounded number of rows at any range."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Min, Q

from statetrace_ui.history.models import KNOWN_AS_SQL, ActorCount, RetentionRule, Session, Table
from statetrace_ui.history.queries.sources import sources_of
from statetrace_ui.history.question.matching import EXACTLY
from statetrace_ui.history.question.writing import term
from statetrace_ui.history.rollups.spans import KEPT_OF_ACTORS, Part, covering, fitting, whole_spans
from statetrace_ui.web.models import Organisation

KINDS = """
SELECT at, kind, sum(changes)::bigint, (sum(changes) FILTER (WHERE outside AND source_id = ANY (%(annotated)s)))::bigint
FROM history_changecount
WHERE source_id = ANY (%(sources)s) AND seconds = %(seconds)s AND at >= %(start)s AND at < %(end)s
GROUP BY at, kind HAVING sum(changes) > 0 ORDER BY at, kind
"""
# {parts}: one condition for each, by values that the planner sees.
PART = "(seconds = %s AND at >= %s AND at < %s)"
TABLES = """
SELECT table_id, sum(changes)::bigint FROM history_tablecount WHERE source_id = ANY (%s) AND ({parts})
GROUP BY source_id, table_id ORDER BY 2 DESC, source_id, 1 LIMIT %s
"""
# Sessions are looked up one by one: a planner that expects many reads all of them.
ACTORS = f"""
WITH counted AS MATERIALIZED (
    SELECT source_id, session_id, sum(changes)::bigint AS changes
    FROM history_actorcount WHERE source_id = ANY (%s) AND ({{parts}}) GROUP BY 1, 2)
SELECT max(s.id), sum(counted.changes)::bigint, EXISTS (SELECT FROM counted WHERE session_id = {ActorCount.OTHERS})
FROM counted CROSS JOIN LATERAL (
    SELECT id, actor_id, actor_email, actor_full_name FROM history_session
    WHERE source_id = counted.source_id AND id = counted.session_id OFFSET 0) AS s
WHERE {KNOWN_AS_SQL} <> ''
GROUP BY counted.source_id, {KNOWN_AS_SQL} ORDER BY 2 DESC, 1 LIMIT %s
"""  # noqa: S608


class Span(NamedTuple):
    """Changes of one kind that were committed within a span from `at` on. outside: how many from outside."""

    at: datetime
    kind: str
    changes: int
    outside: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Whole spans of `seconds`, in order of time. start, end: of the first and the last span, which may be empty."""

    start: datetime
    end: datetime
    seconds: int
    spans: list[Span]

    @property
    def total(self) -> int:
        return sum(span.changes for span in self.spans)

    @property
    def outside(self) -> int:
        return sum(span.outside for span in self.spans)


@dataclass(frozen=True, slots=True)
class BusyTables:
    """The tables with most changes from `start` until before `end`, which are whole hours or days."""

    start: datetime
    end: datetime
    rows: list[tuple[Table, int]]


@dataclass(frozen=True, slots=True)
class BusyActor:
    """session: the newest one by which it is counted."""

    session: Session
    changes: int

    @property
    def label(self) -> str:
        return str(self.session)

    @property
    def terms(self) -> tuple[str, str]:
        """The terms of a question by which exactly its changes are found."""
        return term("source", self.session.source.name), term("actor", f"{EXACTLY}{self.session.known_as}")


@dataclass(frozen=True, slots=True)
class BusyActors:
    """The actors with most changes from `start` until before `end`, which are whole hours or days.

    at_least: of some spans the actors that did little are no longer told apart; one may have done more than is said.
    """

    start: datetime
    end: datetime
    rows: list[BusyActor]
    at_least: bool


def changes_over_time(organisation: Organisation, start: datetime, end: datetime, now: datetime) -> Counted:
    sources = list(sources_of(organisation).only("annotation_schema", "annotation_messages"))
    seconds = fitting(start, end, now)
    first, last = whole_spans(start, end, seconds)
    annotated = [source.pk for source in sources if source.is_annotated]
    values: dict[str, Any] = {"sources": [source.pk for source in sources], "annotated": annotated}
    with connection.cursor() as cursor:
        cursor.execute(KINDS, {**values, "seconds": seconds, "start": first, "end": last})
        spans = [Span(at, kind, count, outside or 0) for at, kind, count, outside in cursor.fetchall()]
    return Counted(first, last, seconds, spans)


def busiest_tables(organisation: Organisation, start: datetime, end: datetime, now: datetime, most: int) -> BusyTables:
    parts = covering(start, end, now)
    ids = [source.pk for source in sources_of(organisation).only("pk")]
    rows = _summed(TABLES, ids, parts, most)
    named = Table.objects.select_related("source").filter(source__in=ids).in_bulk([number for number, _ in rows])
    busy = [(named[number], count) for number, count in rows if number in named]
    return BusyTables(parts[0].start, parts[-1].end, busy)


def busiest_actors(organisation: Organisation, start: datetime, end: datetime, now: datetime, most: int) -> BusyActors:
    """Those that are known: what was done by nobody, by an erased actor or outside the application is left out."""
    parts = covering(start, end, now, KEPT_OF_ACTORS)
    ids = [source.pk for source in sources_of(organisation).only("pk")]
    rows = _summed(ACTORS, ids, parts, most)
    found = Session.objects.select_related("source").filter(source__in=ids, id__in=[number for number, *_ in rows])
    named = {session.id: session for session in found}
    busy = [BusyActor(named[number], count) for number, count, _ in rows if number in named]
    return BusyActors(parts[0].start, parts[-1].end, busy, any(folded for *_, folded in rows))


def _summed(statement: str, sources: list[int], parts: list[Part], most: int) -> list[tuple[Any, ...]]:
    conditions = " OR ".join([PART] * len(parts))
    values: list[Any] = [sources, *chain.from_iterable(parts), most]
    with connection.cursor() as cursor:
        cursor.execute(statement.format(parts=conditions), values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def is_still_counted(organisation: Organisation) -> bool:
    """Whether a job still counts what was stored before changes were counted."""
    uncounted = Q(uncountedhistory__below__gt=0) | Q(uncountedactors__below__gt=0)
    return sources_of(organisation).filter(uncounted).exists()


def removed_by_retention(organisation: Organisation, start: datetime, now: datetime) -> bool:
    """Whether lists may lack changes of the time from `start` on that counts have."""
    rules = RetentionRule.objects.filter(source__in=sources_of(organisation))
    shortest = rules.aggregate(days=Min("keep_days"))["days"]
    return shortest is not None and start < now - timedelta(days=shortest)
