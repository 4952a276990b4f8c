"""User flows, and the sessions of one."""

from typing import Any

from django.http import HttpResponse
from django.utils.http import urlencode

from replica.compare.selection import of_tag
from replica.comparisons.baselines import AGAINST_BASELINE, standings
from replica.databases.connections import NoReplica
from replica.databases.reading import read_replica
from replica.exports.models import UserFlowExport
from replica.exports.state import exports_of
from replica.flow_trends.reading import DRAWN, trends_of
from replica.forms import FlowFilter, FlowsForm
from replica.queries.flows import flow_or_404, flow_page, flow_sessions, flows_there
from replica.queries.sessions import session_rows
from replica.views.access import replica_view
from replica.views.trends import trend_context
from statetrace_ui.web.forms import parse_filters, parse_query
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import newest_first
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, member_view

# What another measurement does not keep: it is the form's own field, and the page of a list of other rows.
BEGINS_ANEW = {"measurement", "colour", "cursor"}


@member_view
def flows(request: Request) -> HttpResponse:
    """The user flows of the replica, last used first, and those that wait to be exported there."""
    cursor = parse_query(FlowsForm, request).cleaned_data["cursor"]
    context = _flows(request.organisation, cursor)
    return page_or_partial(request, "replica/flows.html", context, "flows")


def _flows(organisation: Organisation, cursor: str) -> dict[str, Any]:
    """What the list shows; what waits stands beside its first page."""
    waiting = {} if cursor else exports_of(organisation)

    def read(alias: str) -> dict[str, Any]:
        page, older = flow_page(alias, cursor)
        ids = [flow.user_flow_id or "" for flow in page]
        trends, exports = trends_of(organisation, alias, ids), exports_of(organisation, ids)
        return {
            "flows": [(flow, trends.get(one), exports.get(one)) for flow, one in zip(page, ids, strict=True)],
            "total": page[0].total if page else 0,
            "page": {"older": older},
            "drawn": DRAWN,
            "waiting": _waiting(waiting, flows_there(alias, waiting)),
        }

    try:
        return read_replica(organisation, read)
    except NoReplica:
        return {"waiting": _waiting(waiting, set())}


def _waiting(exports: dict[str, UserFlowExport], there: set[str]) -> list[UserFlowExport]:
    return [export for user_flow_id, export in exports.items() if user_flow_id not in there]


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
    standing = standings(request.organisation, alias, [user_flow_id]).get(user_flow_id)
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
