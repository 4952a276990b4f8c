"""A session's actions and row changes over time, for drawing. The database groups them where there are many."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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


def change_runs(actions: QuerySet[Action], start: datetime, resolution_ms: float) -> list[ChangeRun]:
    """The row changes of the actions, grouped as by `action_runs` and then by table and kind; in order of time."""
    grouped = (
        "transaction__changes__schema_name",
        "transaction__changes__table_name",
        "transaction__changes__kind",
    )
    rows = (
        actions.filter(transaction__changes__isnull=False)
        .values(*grouped, bucket=_bucket(start, resolution_ms))
        .annotate(first=Min("at"), last=Max("at"), count=Count("transaction__changes"), first_id=Min("id"))
        .order_by("first")
    )
    return [_change_run(row, *(row[name] for name in grouped)) for row in rows]


def _change_run(row: dict[str, Any], schema_name: str, table_name: str, kind: str) -> ChangeRun:
    return ChangeRun(
        row["first"], row["last"], row["count"], row["first_id"], schema_name, table_name, Change.Kind(kind)
    )


def _bucket(start: datetime, resolution_ms: float) -> Combinable:
    """The key that groups actions: their id, or their time since `start` in units of `resolution_ms`."""
    if not resolution_ms:
        return F("id")
    since = F("at") - Value(start, DateTimeField())
    return Floor(Extract(since, "epoch") * 1000.0 / resolution_ms)
