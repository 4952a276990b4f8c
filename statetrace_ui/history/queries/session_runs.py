"""A session's actions and row changes over time, for drawing. The database groups them where there are many."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, DateTimeField, F, Max, Min, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Extract, Floor

from statetrace_ui.history.models import Action, Change, Session


@dataclass(frozen=True, slots=True)
class ActionRun:
    """One action, or `count` actions that committed close to each other; `action` is then the id of the first.

    first, last: commit times. length_ms: of the longest action; None if none has one.
    """

    first: datetime
    last: datetime
    count: int
    action: int
    method: str
    url: str
    length_ms: float | None


@dataclass(frozen=True, slots=True)
class ChangeRun:
    """`count` row changes of one kind in one table, by one action or a run of actions; action: the first one's id."""

    first: datetime
    last: datetime
    count: int
    action: int
    schema_name: str
    table_name: str
    kind: Change.Kind


# The ids of all these changes lie between two, which tell the planner what partitions to consider.
BOUNDS = """
SELECT min(x.first_change), max(x.last_change) FROM history_action AS a
JOIN history_transaction AS x ON x.source_id = a.source_id AND x.id = a.transaction_id
WHERE a.source_id = %(source)s AND x.source_id = %(source)s AND a.session_id = %(session)s
  AND a.at >= %(start)s AND a.at <= %(end)s
"""
# The subquery is kept apart by OFFSET 0, else the planner might read all changes to join them.
CHANGE_RUNS = """
SELECT grouped.first, grouped.last, grouped.count, grouped.action, t.schema_name, t.table_name, grouped.kind
FROM (
    SELECT min(a.at) AS first, max(a.at) AS last, count(*) AS count, min(a.id) AS action, c.table_id, c.kind
    FROM history_action AS a
    JOIN history_transaction AS x ON x.source_id = a.source_id AND x.id = a.transaction_id
    CROSS JOIN LATERAL (
        SELECT table_id, kind, transaction_id FROM history_change
        WHERE source_id = %(source)s AND NOT baseline AND id >= x.first_change AND id <= x.last_change
          AND id >= %(first)s AND id <= %(last)s OFFSET 0) AS c
    WHERE a.source_id = %(source)s AND x.source_id = %(source)s AND a.session_id = %(session)s
      AND a.at >= %(start)s AND a.at <= %(end)s AND c.transaction_id = x.id
    GROUP BY CASE WHEN %(resolution)s = 0 THEN a.id
             ELSE floor(extract(epoch FROM a.at - %(start)s) * 1000 / %(resolution)s) END, c.table_id, c.kind
) AS grouped
JOIN history_table AS t ON t.source_id = %(source)s AND t.id = grouped.table_id
ORDER BY grouped.first
"""


def first_action(session: Session) -> Action | None:
    """The action that committed first, by the index `action_by_session`."""
    return session.actions.order_by("at", "id").first()


def actions_between(session: Session, start: datetime, length_ms: float) -> QuerySet[Action]:
    """The session's actions that committed at most `length_ms` after `start`."""
    return Action.objects.filter(session=session, at__gte=start, at__lte=start + timedelta(milliseconds=length_ms))


def action_runs(actions: QuerySet[Action], start: datetime, resolution_ms: float) -> list[ActionRun]:
    """In order of time. A run spans `resolution_ms`, counted from `start`; with 0 each action is a run."""
    rows = (
        actions.values(bucket=_bucket(start, resolution_ms))
        .annotate(
            first=Min("at"),
            last=Max("at"),
            count=Count("id"),
            first_id=Min("id"),
            first_method=Min("method"),
            first_url=Min("url"),
            longest_ms=Max("length_ms"),
        )
        .order_by("first")
    )
    return [
        ActionRun(
            row["first"],
            row["last"],
            row["count"],
            row["first_id"],
            row["first_method"],
            row["first_url"],
            row["longest_ms"],
        )
        for row in rows
    ]


def change_runs(session: Session, start: datetime, length_ms: float, resolution_ms: float) -> list[ChangeRun]:
    """The row changes of `actions_between`, grouped as by `action_runs` and then by table and kind; in order of time.

    Each action's changes are a range of the primary key, between the first and the last change of its transaction.
    """
    values: dict[str, Any] = {
        "source": session.source_id,
        "session": session.pk,
        "start": start,
        "end": start + timedelta(milliseconds=length_ms),
        "resolution": resolution_ms,
    }
    with connection.cursor() as cursor:
        cursor.execute(BOUNDS, values)
        first, last = cursor.fetchone()
        if first is None:
            return []
        cursor.execute(CHANGE_RUNS, {**values, "first": first, "last": last})
        rows = cursor.fetchall()
    return [
        ChangeRun(first, last, count, action, schema, table, Change.Kind(kind))
        for first, last, count, action, schema, table, kind in rows
    ]


def _bucket(start: datetime, resolution_ms: float) -> Combinable:
    """The key that groups actions: their id, or their time since `start` in units of `resolution_ms`."""
    if not resolution_ms:
        return F("id")
    since = F("at") - Value(start, DateTimeField())
    return Floor(Extract(since, "epoch") * 1000.0 / resolution_ms)
