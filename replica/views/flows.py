"""User flows, and the sessions of one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from replica.compare.selection import of_tag
from replica.comparisons.baselines import AGAINST_BASELINE, slower_flows, standings
from replica.databases.connections import NoReplica
from replica.databases.reading import read_replica
from replica.exports.state import exports_of
from replica.forms import FlowFilter
from replica.queries.flows import FlowSummary, flow_or_404, flow_sessions, flow_summaries
from replica.queries.sessions import session_rows
from replica.views.access import replica_view
from replica.views.trends import trend_context
from statetrace_ui.web.forms import parse_filters
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import newest_first
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, member_view

# What another measurement does not keep: it is the form's own field, and the page of a list of other rows.
BEGINS_ANEW = {"measurement", "colour", "cursor"}


@member_view
def flows(request: Request) -> HttpResponse:
    """Every user flow of the replica, and those that wait to be exported there."""
    exports = exports_of(request.organisation)
    summaries = _summaries(request.organisation)
    exported = {flow.user_flow_id for flow in summaries}
    context = {
        "flows": [(flow, exports.get(flow.user_flow_id)) for flow in summaries],
        "slower": slower_flows(request.organisation),
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
    form = parse_filters(FlowFilter, request)
    context: dict[str, Any] = {"flow": flow_or_404(alias, user_flow_id), "form": form}
    if not form.errors:
        sessions = flow_sessions(alias, user_flow_id, form.wanted)
        page = newest_first(sessions, ("start_time", "session_id"), form.cleaned_data["cursor"])
        context |= {"page": page, "rows": session_rows(alias, page.rows)}
    if not request.htmx:
        chosen = form.cleaned_data
        context |= trend_context(alias, user_flow_id, chosen.get("measurement", ""), chosen.get("colour", ""))
        context |= _comparing(request, alias, user_flow_id, form)
        context["export"] = exports_of(request.organisation).get(user_flow_id)
        context["kept"] = {"measurement": context["measurement"], "colour": context["colour"]}
        context["filters"] = {name: request.GET.get(name, "") for name in form.fields if name not in BEGINS_ANEW}
    return page_or_partial(request, "replica/flow.html", context, "sessions", status=400 if form.errors else 200)


def _comparing(request: Request, alias: str, user_flow_id: str, form: FlowFilter) -> dict[str, Any]:
    """What the form over the sessions hands to the comparison, and how the flow stands against its baseline."""
    against = {"flow": user_flow_id}
    standing = standings(request.organisation, alias, user_flow_id).get(user_flow_id)
    return {
        "standing": standing,
        "compare_query": urlencode(against | AGAINST_BASELINE if standing else against),
        "sides": {name: request.GET.get(name, "") for name in ("base", "new")},
        "shown": _shown(form),
    }


def _shown(form: FlowFilter) -> str:
    """The selection of the sessions that the filters show."""
    if form.errors:
        return ""
    data = form.cleaned_data
    words = [of_tag(*data["tag"])] if data["tag"] else []
    words += [f"{name}:{value}" for name, value in (("status", data["status"]),) if value]
    words += [f"{name}:{data[end].isoformat()}" for name, end in (("since", "start"), ("until", "end")) if data[end]]
    return " ".join(words)
