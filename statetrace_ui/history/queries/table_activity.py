"""What the newest changes of a table tell of it: when they were made, by whom, and which fields they altered.

Changes are found by the index on (table, kind, id), so the work is bounded by how many are looked at.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from statetrace_ui.history.models import Change, Session, Table
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.ranges import Range, fetched, newest
from statetrace_ui.history.queries.windows import windows
from statetrace_ui.web.paging import HIGHEST_ID

MOST_CHANGES, MOST_UPDATES = 20_000, 500
KINDS = (Change.Kind.INSERT, Change.Kind.UPDATE, Change.Kind.DELETE, Change.Kind.TRUNCATE, Change.Kind.ALTERED)
# The newest changes of a window of ids, counted by hour and kind, and by who made them. Ids are compared with constants
# for the sake of the planner. A transaction's first action stands for it: there should be one.
COUNTS = """
WITH newest AS MATERIALIZED (
    SELECT found.* FROM unnest(%(kinds)s::text[]) AS asked (kind)
    CROSS JOIN LATERAL (
        SELECT id, kind, transaction_id FROM history_change
        WHERE NOT baseline AND source_id = %(source)s AND table_id = %(table)s AND kind = asked.kind
          AND id >= %(first)s AND id < %(end)s
        ORDER BY id DESC LIMIT %(most)s) AS found
    ORDER BY id DESC LIMIT %(most)s),
done AS (SELECT transaction_id, kind, count(*) AS changes FROM newest GROUP BY 1, 2)
SELECT GROUPING(x.kind) = 1 AS by_time, date_trunc('hour', x.committed_at AT TIME ZONE %(zone)s) AS hour, done.kind,
       x.kind, x.outside, s.actor_id, max(s.id), sum(done.changes)::bigint, min(x.committed_at)
FROM done
JOIN history_transaction AS x ON x.source_id = %(source)s AND x.id = done.transaction_id
LEFT JOIN LATERAL (
    SELECT session_id FROM history_action
    WHERE source_id = %(source)s AND transaction_id = done.transaction_id ORDER BY id LIMIT 1) AS action ON true
LEFT JOIN history_session AS s ON s.source_id = %(source)s AND s.id = action.session_id
GROUP BY GROUPING SETS ((2, done.kind), (x.kind, x.outside, s.actor_id))
"""


class Who(NamedTuple):
    """Whoever made changes. kind: of the transaction. actor_id: None without a session."""

    kind: str
    outside: bool
    actor_id: str | None


@dataclass
class Activity:
    """Of the table's newest changes, at most MOST_CHANGES: by hour of the viewer's zone and kind, and by who made them.

    sessions: of actors, the newest one that made changes. since: when the oldest of these changes was committed.
    """

    times: Counter[tuple[datetime, Change.Kind]] = field(default_factory=Counter)
    makers: Counter[Who] = field(default_factory=Counter)
    sessions: dict[Who, Session] = field(default_factory=dict)
    since: datetime | None = None

    @property
    def total(self) -> int:
        return self.times.total()

    @property
    def is_all(self) -> bool:
        """Whether the table has no other changes."""
        return self.total < MOST_CHANGES


def activity_of(table: Table, zone: str) -> Activity:
    found, named = Activity(), dict[Who, int]()
    for first, end in windows(0, HIGHEST_ID):
        for row in _counts(table, zone, first, end, MOST_CHANGES - found.total):
            _add(found, named, *row)
        if not found.is_all:
            break
    sessions = Session.objects.filter(source=table.source_id).in_bulk(list(named.values()))
    found.sessions = {who: sessions[number] for who, number in named.items() if number in sessions}
    return found


def newest_updates(table: Table) -> Sequence[Change]:
    """At most MOST_UPDATES, as lists show them."""
    places = newest([Range(table.source_id, table.pk, Change.Kind.UPDATE)], MOST_UPDATES)
    return fetched(listed_changes(), places, MOST_UPDATES).rows


def _add(
    found: Activity,
    named: dict[Who, int],
    by_time: bool,
    hour: datetime,
    kind: str,
    kind_of_transaction: str,
    outside: bool,
    actor_id: str | None,
    session_id: int | None,
    changes: int,
    since: datetime,
) -> None:
    if by_time:
        found.times[hour, Change.Kind(kind)] += changes
        found.since = min(found.since or since, since)
        return
    who = Who(kind_of_transaction, outside, actor_id)
    found.makers[who] += changes
    if session_id is not None:
        named.setdefault(who, session_id)  # windows are looked through from the newest on


def _counts(table: Table, zone: str, first: int, end: int, most: int) -> list[Any]:
    values: dict[str, Any] = {"source": table.source_id, "table": table.pk, "kinds": list(KINDS), "zone": zone}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {**values, "first": first, "end": end, "most": most})
        return list(cursor.fetchall())
