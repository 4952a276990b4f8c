"""What the pages read of a replica. Every function takes the alias first (see `replica.databases.connections`)."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

from replica.exports.models import UserFlowExport
from replica.schema.models import (
    CaptureIssue,
    CaptureSession,
    FunctionCallProcess,
    FunctionCallThread,
    PerformanceMeasurement,
    ReplicaModel,
    SessionLabel,
    SessionMetadata,
    SessionTag,
    SessionTimeseries,
    UserFlow,
)
from replica.schema.named_queries import rows
from replica.series.units import ms_per_unit
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

Row = TypeVar("Row", bound=ReplicaModel)
TREND_SESSIONS = 500
COMPARED_SESSIONS = 500  # how many of a flow's newest sessions a distribution is made of
COMPARED_LABELS = 100_000
SPAN_LIMIT = 20_000  # rows of one kind that a page reads of a session; templates/replica/cut.html says so
AUDITED_SESSION_TAG = "statetrace_session_id"
# What these say stands in the session's own columns, or leads to the audited session.
STANDARD_TAGS = {
    AUDITED_SESSION_TAG,
    "carrier",
    "device_id",
    "device_sku",
    "geo",
    "hostname",
    "start_timestamp",
    "user_flow",
    "user_flow_id",
}


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a session holds."""

    labels: int = 0
    series: int = 0
    exchanges: int = 0
    issues: int = 0
    calls: bool = False


# flows


def flows(alias: str) -> list[dict[str, Any]]:
    """Every user flow, last used first: id, name, counts by status, last_at, median_ms."""
    return [{**row, "last_at": _utc(row["last_at"])} for row in rows(alias, "flows")]


def exports_of(organisation: Organisation) -> dict[str, UserFlowExport]:
    """The organisation's exports by user flow id."""
    return {export.user_flow_id: export for export in UserFlowExport.objects.filter(organisation=organisation)}


def flow_or_404(alias: str, user_flow_id: str) -> UserFlow:
    return _found(UserFlow, alias, "user flow", user_flow_id=user_flow_id)


def flow_of(alias: str, session: SessionMetadata) -> UserFlow | None:
    """The session's user flow; a replica filled by others may lack it."""
    flow: UserFlow | None = UserFlow.objects.using(alias).filter(user_flow_id=session.user_flow_id).first()
    return flow


def newest_sessions(alias: str, limit: int) -> list[SessionMetadata]:
    """The newest sessions over all user flows, newest first."""
    ids = [row["session_id"] for row in rows(alias, "newest_sessions", limit=limit)]
    found = SessionMetadata.objects.using(alias).filter(session_id__in=ids)
    return sorted(found, key=lambda session: ids.index(session.session_id))


def flow_sessions(alias: str, user_flow_id: str, filters: dict[str, Any]) -> QuerySet[SessionMetadata]:
    """A flow's sessions that match `filters`: status, tag as (key, value), since, until; empty ones are ignored."""
    found = SessionMetadata.objects.using(alias).filter(user_flow_id=user_flow_id, start_time__isnull=False)
    if filters.get("status"):
        found = found.filter(status=filters["status"])
    if filters.get("tag"):
        key, value = filters["tag"]
        tagged = SessionTag.objects.using(alias).filter(tag_key=key, tag_value=value)
        found = found.filter(session_id__in=tagged.values("session_id"))
    if filters.get("since"):
        found = found.filter(start_time__gte=filters["since"])
    if filters.get("until"):
        found = found.filter(start_time__lte=filters["until"])
    return found


def trend(alias: str, user_flow_id: str, measurement: str) -> list[dict[str, Any]]:
    """The newest sessions with their duration in ms, or the value of `measurement`; oldest first."""
    found = rows(alias, "trend", flow=user_flow_id, measurement=measurement, sessions=TREND_SESSIONS)
    return [
        {**row, "start_time": _utc(row["start_time"])}
        for row in reversed(found)
        if row["value"] is not None and row["start_time"]
    ]


def measurement_names(alias: str, user_flow_id: str) -> dict[str, str]:
    """The flow's numeric measurements, commonest first: name → unit."""
    found = rows(alias, "measurement_names", flow=user_flow_id, sessions=TREND_SESSIONS)
    return {row["key_name"]: row["units"] or "" for row in found}


def label_durations(alias: str, user_flow_id: str) -> list[dict[str, Any]]:
    """Every label with a duration in the flow's newest sessions that are not Excluded; `ms` is start to end."""
    return rows(alias, "label_durations", flow=user_flow_id, sessions=COMPARED_SESSIONS, labels=COMPARED_LABELS)


# one session


def session_or_404(alias: str, session_id: str) -> SessionMetadata:
    return _found(SessionMetadata, alias, "session with a start time", session_id=session_id, start_time__isnull=False)


def holdings(alias: str, session_ids: list[str]) -> dict[str, Holdings]:
    """What each of the sessions holds, by session id."""
    return {row.pop("session_id"): Holdings(**row) for row in rows(alias, "holdings", sessions=session_ids)}


def tags(alias: str, session_ids: list[str]) -> dict[str, list[SessionTag]]:
    """The tags of each of the sessions, by session id, in order of key and value."""
    result: dict[str, list[SessionTag]] = defaultdict(list)
    found = SessionTag.objects.using(alias).filter(session_id__in=session_ids).order_by("tag_key", "tag_value")
    for tag in found:
        result[tag.session_id].append(tag)
    return result


def telling(found: list[SessionTag]) -> list[SessionTag]:
    """The tags that tell sessions of one flow apart."""
    return [tag for tag in found if tag.tag_key not in STANDARD_TAGS]


def measurements(alias: str, session_id: str) -> list[PerformanceMeasurement]:
    return list(
        PerformanceMeasurement.objects.using(alias).filter(session_id=session_id).order_by("key_type", "key_name")
    )


def duration_ms(session: SessionMetadata) -> float | None:
    """How long the session says it took; None if it has no end, or one that is not after its start."""
    if session.end_time is None or session.end_time <= session.start_time:
        return None
    return milliseconds(session.end_time - session.start_time)


def milliseconds(delta: dt.timedelta) -> float:
    return delta / dt.timedelta(milliseconds=1)


def length_ms(alias: str, session: SessionMetadata) -> float:
    """The length of the session's time axis: its duration or, without one, up to the last thing seen; at least 1 ms."""
    known = duration_ms(session)
    if known is not None:
        return known
    seen = [row["last_ms"] or 0.0 for row in rows(alias, "last_seen", session=session.session_id)]
    return max(1.0, *seen, *series_ends(alias, session.session_id))


def labels(alias: str, session_id: str) -> list[SessionLabel]:
    found = SessionLabel.objects.using(alias).filter(session_id=session_id, start_time__isnull=False)
    return [_whole_label(label) for label in found.order_by("start_time", "end_time", "label_id")[:SPAN_LIMIT]]


def label_or_404(alias: str, session_id: str, label_id: str) -> SessionLabel:
    found = _found(SessionLabel, alias, "label", session_id=session_id, label_id=label_id, start_time__isnull=False)
    return _whole_label(found)


def _whole_label(label: SessionLabel) -> SessionLabel:
    return _filled(label, name="label_id", end_time="start_time")


def exchanges(alias: str, session_id: str) -> list[CaptureSession]:
    found = CaptureSession.objects.using(alias).filter(
        session_id=session_id, start_time__isnull=False, url__isnull=False
    )
    return list(found.order_by("start_time", "message_id")[:SPAN_LIMIT])


def exchange_or_404(alias: str, session_id: str, message_id: int) -> CaptureSession:
    return _found(
        CaptureSession,
        alias,
        "exchange",
        session_id=session_id,
        message_id=message_id,
        start_time__isnull=False,
        url__isnull=False,
    )


def issues(alias: str, session_id: str) -> list[CaptureIssue]:
    found = CaptureIssue.objects.using(alias).filter(session_id=session_id, start_time_ms__isnull=False)
    found = found.order_by("start_time_ms", "category", "issue_id", "impact_id")[:SPAN_LIMIT]
    return [_filled(issue, end_time_ms="start_time_ms") for issue in found]


def issue_or_404(alias: str, session_id: str, category: str, issue_id: str, impact_id: str) -> CaptureIssue:
    return _found(
        CaptureIssue,
        alias,
        "issue",
        session_id=session_id,
        category=category,
        issue_id=issue_id,
        impact_id=impact_id,
    )


# time series


def series(alias: str, session_id: str) -> list[SessionTimeseries]:
    found = SessionTimeseries.objects.using(alias).filter(session_id=session_id)
    found = found.order_by("y_units", "timeseries_name", "timeseries_key")
    return [_filled(one, timeseries_name="timeseries_key") for one in found]


def series_ends(alias: str, session_id: str) -> list[float]:
    """Where each series that has points ends, in ms."""
    return [row["last_x"] * ms_per_unit(row["x_units"]) for row in rows(alias, "series_ends", session=session_id)]


# function calls


def threads(alias: str, session_id: str) -> list[FunctionCallThread]:
    return list(FunctionCallThread.objects.using(alias).filter(session_id=session_id).order_by("process_id", "id"))


def thread_or_404(alias: str, session_id: str, process_id: int, thread_id: int) -> FunctionCallThread:
    return _found(FunctionCallThread, alias, "thread", session_id=session_id, process_id=process_id, id=thread_id)


def process_names(alias: str, session_id: str) -> dict[int, str]:
    found = FunctionCallProcess.objects.using(alias).filter(session_id=session_id)
    return {process.id: process.name or f"Process {process.id}" for process in found}


def busy_threads(alias: str, session_id: str, resolution_ms: float) -> list[dict[str, Any]]:
    """When threads were busy, by (process_id, thread_id) and time: start_us, end_us, calls (root calls merged)."""
    return rows(alias, "busy_threads", session=session_id, resolution_us=max(1, int(resolution_ms * 1000)))


def thread_facts(alias: str, session_id: str, process_id: int, thread_id: int) -> dict[str, Any]:
    """calls, methods, levels, start_us, end_us, wall_us, cpu_us of a thread."""
    return rows(alias, "thread_facts", session=session_id, process=process_id, thread=thread_id)[0]


def _filled(row: Row, **columns: str) -> Row:
    """The row, whose `columns` take another column's value where somebody else's replica has none."""
    for name, other in columns.items():
        if getattr(row, name) is None:
            setattr(row, name, getattr(row, other))
    return row


def _found(model: type[Row], alias: str, what: str, **key: Any) -> Row:
    """The one row with that key. PostgreSQL has no NUL in texts, and nothing is found beyond its largest integer."""
    impossible = any("\0" in value if isinstance(value, str) else value >= 2**63 for value in key.values())
    row: Row | None = None if impossible else model.objects.using(alias).filter(**key).first()
    if row is None:
        raise UserError(f"There is no such {what} in your replica.", "Look for it under User flows.", status=404)
    return row


def _utc(value: dt.datetime | None) -> dt.datetime | None:
    return value and value.replace(tzinfo=dt.UTC)
