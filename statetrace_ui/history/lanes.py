"""A session on a time axis: its actions, and its row changes by table; grouped by the database where there are many."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, F, Max, Min, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Extract, Floor
from django.urls import reverse
from django.utils.http import urlencode

from statetrace_ui.history.models import Action, Change, Session
from statetrace_ui.web.timeline import Group, Lane, Span, colour_of, fitted

EXACT = 4000  # sessions of more actions are drawn as runs
LEAST_LENGTH_MS = 1000.0
VERBS = {Change.Kind.INSERT: "inserted", Change.Kind.UPDATE: "updated", Change.Kind.DELETE: "deleted"}


def axis(session: Session) -> tuple[datetime, float]:
    """When the session's axis begins, and its length in ms: from the start of the first action to what came last."""
    first = session.actions.order_by("at", "id").first()
    begin = session.started_at
    if first:
        begin = min(begin, first.at - timedelta(milliseconds=first.length_ms or 0))
    return begin, max((session.last_at - begin) / timedelta(milliseconds=1), LEAST_LENGTH_MS)


def timeline_groups(session: Session, origin: datetime, length_ms: float) -> list[Group]:
    """The lanes of what the session did from `origin` for `length_ms`; empty if that was nothing."""
    actions = Action.objects.filter(session=session, at__gte=origin, at__lte=origin + timedelta(milliseconds=length_ms))
    resolution = length_ms / EXACT if session.action_count > EXACT else 0.0
    spans = fitted(_action_spans(actions, origin, resolution), length_ms)
    if not spans:
        return []
    lanes = _change_lanes(actions, origin, length_ms, resolution)
    groups = [
        Group("actions", "Actions", [Lane("actions", "Actions", spans)]),
        Group("changes", "Row changes", lanes),
    ]
    return groups if lanes else groups[:1]


def _action_spans(actions: QuerySet[Action], origin: datetime, resolution: float) -> list[Span]:
    rows = (
        actions.values(bucket=_bucket(origin, resolution))
        .annotate(
            first=Min("at"),
            last=Max("at"),
            count=Count("id"),
            action=Min("id"),
            name_of_method=Min("method"),
            address=Min("url"),
            length=Max("length_ms"),
        )
        .order_by("first")
    )
    return [_action_span(row, origin) for row in rows]


def _action_span(row: Mapping[str, Any], origin: datetime) -> Span:
    end = _ms(row["last"], origin)
    start = min(_ms(row["first"], origin) - (row["length"] or 0), end)
    return Span(
        start=max(start, 0.0),
        end=end,
        name=f"{row['name_of_method']} {row['address']}".strip() or "Action",
        colour=colour_of(row["name_of_method"]),
        href=reverse("history:action_changes", args=[row["action"]]),
        key=f"a{row['action']}",
        count=row["count"],
    )


def _change_lanes(actions: QuerySet[Action], origin: datetime, length_ms: float, resolution: float) -> list[Lane]:
    """One lane for each table; in it one instant for each action (or run of them) and kind of change."""
    rows = (
        actions.filter(transaction__changes__isnull=False)
        .values(
            "transaction__changes__schema_name",
            "transaction__changes__table_name",
            "transaction__changes__kind",
            bucket=_bucket(origin, resolution),
        )
        .annotate(first=Min("at"), last=Max("at"), rows=Count("transaction__changes"), action=Min("id"))
        .order_by("first")
    )
    lanes: dict[str, Lane] = {}
    for row in rows:
        table = f"{row['transaction__changes__schema_name']}.{row['transaction__changes__table_name']}"
        lane = lanes.setdefault(table, Lane(f"table-{table}", table.removeprefix("public.")))
        lane.spans.append(_change_span(row, table, origin))
    for lane in lanes.values():
        lane.spans = fitted(lane.spans, length_ms, EXACT // len(lanes))
    return sorted(lanes.values(), key=lambda lane: lane.name)


def _change_span(row: Mapping[str, Any], table: str, origin: datetime) -> Span:
    kind, action = row["transaction__changes__kind"], row["action"]
    return Span(
        start=_ms(row["first"], origin),
        end=_ms(row["last"], origin),
        name=f"{table.removeprefix('public.')}: {row['rows']} {VERBS.get(kind, 'truncated')}",
        tone=Change.Kind(kind).tone,
        href=f"{reverse('history:action_changes', args=[action])}?{urlencode({'table': table})}",
        key=f"c{action}-{kind}-{table}",
    )


def _bucket(origin: datetime, resolution: float) -> Combinable:
    """The action itself, or where actions are too many the stretch of `resolution` ms that it lies in."""
    if not resolution:
        return F("id")
    since = F("at") - Value(origin, DateTimeField())
    return Floor(Extract(since, "epoch") * 1000.0 / resolution)


def _ms(at: datetime, origin: datetime) -> float:
    return (at - origin) / timedelta(milliseconds=1)
