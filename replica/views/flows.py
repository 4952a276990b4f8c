"""User flows, and the sessions of one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from replica.databases.connections import NoReplica
from replica.databases.reading import read_replica
from replica.exports.state import exports_of
from replica.figures.trend import TrendDot, trend_figure
from replica.forms import FlowFilter
from replica.queries.flows import (
    FlowSummary,
    SessionValue,
    flow_or_404,
    flow_sessions,
    flow_summaries,
    measurement_names,
    trend,
)
from replica.queries.sessions import session_rows
from replica.schema.statuses import SessionStatus
from replica.views.access import replica_view
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import newest_first
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, member_view
from statetrace_ui.web.tones import known, tone_of


@member_view
def flows(request: Request) -> HttpResponse:
    """Every user flow of the replica, and those that wait to be exported there."""
    exports = exports_of(request.organisation)
    summaries = _summaries(request.organisation)
    exported = {flow.user_flow_id for flow in summaries}
    context = {
        "flows": [(flow, exports.get(flow.user_flow_id)) for flow in summaries],
        "waiting": [export for user_flow_id, export in exports.items() if user_flow_id not in exported],
    }
    return render(request, "replica/flows.html", context)


def _summaries(organisation: Organisation) -> list[FlowSummary]:
    """The flows of the organisation's replica; none as long as it has no replica."""
    try:
        return read_replica(organisation, flow_summaries)
    except NoReplica:
        return []


@replica_view
def flow(request: Request, alias: str, user_flow_id: str) -> HttpResponse:
    """One flow's sessions, newest first, below a trend with one dot for each."""
    form = parse_query(FlowFilter, request)
    flow = flow_or_404(alias, user_flow_id)
    sessions = flow_sessions(alias, user_flow_id, form.wanted)
    page = newest_first(sessions, ("start_time", "session_id"), form.cleaned_data["cursor"])
    context = {"flow": flow, "form": form, "page": page, "rows": session_rows(alias, page.rows)}
    if not request.htmx:
        context |= _trend(alias, user_flow_id, form.cleaned_data["measurement"])
        context["export"] = exports_of(request.organisation).get(user_flow_id)
    return page_or_partial(request, "replica/flow.html", context, "sessions")


def _trend(alias: str, user_flow_id: str, measurement: str) -> dict[str, Any]:
    """What the template shows of a measurement; of durations where the flow has no such measurement."""
    units = measurement_names(alias, user_flow_id)
    measurement = measurement if measurement in units else ""
    title, unit = (measurement, units[measurement]) if measurement else ("Duration", "ms")
    dots = [_dot(session) for session in trend(alias, user_flow_id, measurement)]
    zone = timezone.get_current_timezone()
    return {
        "measurements": units,
        "measurement": measurement,
        "trend": trend_figure(dots, title, unit, zone) if len(dots) > 1 else None,
    }


def _dot(session: SessionValue) -> TrendDot:
    return TrendDot(
        name=session.name or session.session_id,
        status=session.status or "",
        tone=tone_of(known(SessionStatus, session.status or "")),
        start=session.start_time,
        value=session.value,
        href=reverse("replica:session", args=[session.session_id]),
    )
