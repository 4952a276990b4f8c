"""What was committed within a time, read of the counts that the store keeps: a bounded number of rows at any range."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Min

from statetrace_ui.history.models import RetentionRule, Table, UncountedHistory
from statetrace_ui.history.queries.sources import sources_of
from statetrace_ui.history.rollups.spans import DAY, HOUR, fitting, is_kept, whole_spans
from statetrace_ui.web.models import Organisation

MOST_DAYS_BY_HOUR = timedelta(days=2)  # of a longer time, tables are counted by day
KINDS = """
SELECT at, kind, sum(changes)::bigint, (sum(changes) FILTER (WHERE outside AND source_id = ANY (%(annotated)s)))::bigint
FROM history_changecount
WHERE source_id = ANY (%(sources)s) AND seconds = %(seconds)s AND at >= %(start)s AND at < %(end)s
GROUP BY at, kind HAVING sum(changes) > 0 ORDER BY at, kind
"""
TABLES = """
SELECT source_id, table_id, sum(changes)::bigint FROM history_tablecount
WHERE source_id = ANY (%(sources)s) AND seconds = %(seconds)s AND at >= %(start)s AND at < %(end)s
GROUP BY source_id, table_id ORDER BY 3 DESC, 1, 2 LIMIT %(most)s
"""


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


def changes_over_time(organisation: Organisation, start: datetime, end: datetime, now: datetime) -> Counted:
    sources = list(sources_of(organisation).only("annotation_schema", "annotation_messages"))
    seconds = fitting(start, end, now)
    first, last = whole_spans(start, end, seconds)
    annotated = [source.pk for source in sources if source.is_annotated]
    values = {"sources": [source.pk for source in sources], "annotated": annotated}
    with connection.cursor() as cursor:
        cursor.execute(KINDS, {**values, "seconds": seconds, "start": first, "end": last})
        spans = [Span(at, kind, count, outside or 0) for at, kind, count, outside in cursor.fetchall()]
    return Counted(first, last, seconds, spans)


def busiest_tables(organisation: Organisation, start: datetime, end: datetime, now: datetime, most: int) -> BusyTables:
    seconds = HOUR if end - start <= MOST_DAYS_BY_HOUR and is_kept(start, HOUR, now) else DAY
    first, last = whole_spans(start, end, seconds)
    ids = [source.pk for source in sources_of(organisation).only("pk")]
    with connection.cursor() as cursor:
        cursor.execute(TABLES, {"sources": ids, "seconds": seconds, "start": first, "end": last, "most": most})
        rows = cursor.fetchall()
    named = Table.objects.select_related("source").filter(source__in=ids).in_bulk([number for _, number, _ in rows])
    return BusyTables(first, last, [(named[number], count) for _, number, count in rows if number in named])


def is_still_counted(organisation: Organisation) -> bool:
    """Whether a job still counts what was stored before changes were counted."""
    return UncountedHistory.objects.filter(source__in=sources_of(organisation), below__gt=0).exists()


def removed_by_retention(organisation: Organisation, start: datetime, now: datetime) -> bool:
    """Whether lists may lack changes of the time from `start` on that counts have."""
    rules = RetentionRule.objects.filter(source__in=sources_of(organisation))
    shortest = rules.aggregate(days=Min("keep_days"))["days"]
    return shortest is not None and start < now - timedelta(days=shortest)
