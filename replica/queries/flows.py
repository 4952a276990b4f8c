"""User flows, and the sessions of one."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from replica.queries.lookup import finite_time, one_or_404
from replica.schema.models import SessionMetadata, SessionTag, UserFlow
from replica.schema.named_queries import rows
from statetrace_ui.web.paging import PAGE_SIZE, encode, values_of

BEFORE_ALL = (-1e13, "")  # ranks are seconds since 1970, negated
TREND_SESSIONS = 500
NAMED_SESSIONS, MOST_NAMES = 20, 100  # newest sessions whose labels a trend can be chosen of, and how many of them


@dataclass(frozen=True, slots=True)
class FlowSummary:
    """A user flow with its sessions counted by status; `median_ms` leaves Excluded sessions out.

    rank: its place in the list, by its last session. total: of all flows.
    """

    user_flow_id: str | None  # a replica of others may lack it
    name: str
    rank: float
    total: int
    description: str | None
    sessions: int
    passed: int
    failed: int
    excluded: int
    last_at: dt.datetime | None
    median_ms: float | None


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which of a flow's sessions; what is None or empty is not asked."""

    status: str = ""
    tag: tuple[str, str] | None = None  # key and value
    start: dt.datetime | None = None
    end: dt.datetime | None = None  # exclusive


@dataclass(frozen=True, slots=True)
class SessionValue:
    """One session of a trend: its duration in ms, or the value of a measurement."""

    session_id: str
    name: str | None
    status: str | None
    start_time: dt.datetime
    value: float


@dataclass(frozen=True, slots=True)
class MeasurementName:
    """A numeric measurement of a flow, with its unit."""

    key_name: str
    units: str | None


@dataclass(frozen=True, slots=True)
class _LabelName:
    name: str


def flow_page(alias: str, cursor: str = "") -> tuple[list[FlowSummary], str | None]:
    """User flows after the cursor, last used first, and the cursor of the next page; None at the end."""
    rank, flow = values_of(cursor, (float, str)) if cursor else BEFORE_ALL
    found = rows(alias, "flows", FlowSummary, rank=rank, flow=flow, limit=PAGE_SIZE + 1)
    page = found[:PAGE_SIZE]
    older = encode([page[-1].rank, page[-1].user_flow_id or ""]) if len(found) > PAGE_SIZE else None
    return page, older


def flows_there(alias: str, user_flow_ids: Collection[str]) -> set[str]:
    """Those of the ids that the replica has."""
    flows = UserFlow.objects.using(alias).filter(user_flow_id__in=user_flow_ids)
    return set(flows.values_list("user_flow_id", flat=True))


def flow_or_404(alias: str, user_flow_id: str) -> UserFlow:
    return one_or_404(UserFlow, alias, "user flow", user_flow_id=user_flow_id)


def flow_of(alias: str, session: SessionMetadata) -> UserFlow | None:
    """The session's user flow; a replica filled by others may lack it."""
    flow: UserFlow | None = UserFlow.objects.using(alias).filter(user_flow_id=session.user_flow_id).first()
    return flow


def flow_sessions(alias: str, user_flow_id: str, wanted: SessionFilter) -> QuerySet[SessionMetadata]:
    """The flow's sessions that the filter wants, in no order."""
    sessions = SessionMetadata.objects.using(alias).filter(finite_time("start_time"), user_flow_id=user_flow_id)
    if wanted.status:
        sessions = sessions.filter(status=wanted.status)
    if wanted.tag:
        key, value = wanted.tag
        tagged = SessionTag.objects.using(alias).filter(tag_key=key, tag_value=value)
        sessions = sessions.filter(session_id__in=tagged.values("session_id"))
    if wanted.start:
        sessions = sessions.filter(start_time__gte=wanted.start)
    if wanted.end:
        sessions = sessions.filter(start_time__lt=wanted.end)
    return sessions


def trend(alias: str, user_flow_id: str, measurement: str) -> list[SessionValue]:
    """The newest sessions with their duration, or the value of `measurement` if it is not empty; oldest first."""
    return rows(alias, "trend", SessionValue, flow=user_flow_id, measurement=measurement, sessions=TREND_SESSIONS)


def label_trend(alias: str, user_flow_id: str, label: str) -> list[SessionValue]:
    """The newest sessions with the duration of their first label of that name, in ms; oldest first."""
    return rows(alias, "label_trend", SessionValue, flow=user_flow_id, label=label, sessions=TREND_SESSIONS)


def label_names(alias: str, user_flow_id: str) -> list[str]:
    """The names of labels in the flow's newest sessions, commonest first."""
    limits = {"sessions": NAMED_SESSIONS, "labels": MOST_NAMES}
    return [row.name for row in rows(alias, "label_names", _LabelName, flow=user_flow_id, **limits)]


def measurement_names(alias: str, user_flow_id: str) -> dict[str, str]:
    """The flow's numeric measurements, commonest first: name → unit."""
    names = rows(alias, "measurement_names", MeasurementName, flow=user_flow_id, sessions=TREND_SESSIONS)
    return {name.key_name: name.units or "" for name in names}
