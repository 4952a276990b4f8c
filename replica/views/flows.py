"""User flows, and the sessions of one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from replica import figures, queries
from replica.databases.connections import alias_for
from replica.forms import FlowFilter
from replica.views.access import replica_view
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.paging import newest_first
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, member_view


@member_view
def flows(request: Request) -> HttpResponse:
    """Every user flow of the replica, and those that wait to be exported there."""
    exports = queries.exports_of(request.organisation)
    try:
        found = queries.flows(alias_for(request.organisation))
    except UserError as error:
        if error.status != 404:
            raise
        found = []  # no replica yet: the page says how to get one
    known = {flow["user_flow_id"] for flow in found}
    for flow in found:
        flow["export"] = exports.get(flow["user_flow_id"])
    waiting = [export for user_flow_id, export in exports.items() if user_flow_id not in known]
    return render(request, "replica/flows.html", {"flows": found, "waiting": waiting})


@replica_view
def flow(request: Request, alias: str, user_flow_id: str) -> HttpResponse:
    """One flow's sessions, newest first, below a trend with one dot each."""
    form = parse_query(FlowFilter, request)
    found = queries.flow_or_404(alias, user_flow_id)
    sessions = queries.flow_sessions(alias, user_flow_id, form.cleaned_data)
    page = newest_first(sessions, ("start_time", "session_id"), form.cleaned_data["cursor"])
    context: dict[str, Any] = {"flow": found, "form": form, "page": page, "rows": _described(alias, page.rows)}
    if not request.htmx:
        context |= _trend(alias, user_flow_id, form.cleaned_data["measurement"])
        context["export"] = queries.exports_of(request.organisation).get(user_flow_id)
    return page_or_partial(request, "replica/flow.html", context, "sessions")


def _described(alias: str, sessions: list[Any]) -> list[dict[str, Any]]:
    """The sessions of one page, each with its duration, tags and holdings."""
    ids = [session.session_id for session in sessions]
    held, tags = queries.holdings(alias, ids), queries.tags(alias, ids)
    return [
        {
            "session": session,
            "duration": queries.duration_ms(session),
            "tags": queries.telling(tags.get(session.session_id, [])),
            "holds": held.get(session.session_id, queries.Holdings()),
        }
        for session in sessions
    ]


def _trend(alias: str, user_flow_id: str, measurement: str) -> dict[str, Any]:
    names = queries.measurement_names(alias, user_flow_id)
    measurement = measurement if measurement in names else ""
    found = queries.trend(alias, user_flow_id, measurement)
    dots = [{**dot, "href": reverse("replica:session", args=[dot["session_id"]])} for dot in found]
    title, unit = (measurement, names[measurement]) if measurement else ("Duration", "ms")
    return {
        "measurements": names,
        "measurement": measurement,
        "trend": figures.trend(dots, title, unit, timezone.get_current_timezone()) if len(dots) > 1 else None,
    }
