"""Issues that analyses found: those of one session, and a map of a flow's sessions by category."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from replica.addresses import SessionAddresses, moment_address
from replica.forms import FlowFilter
from replica.issue_rows import WARMER, Card, cards, categories, map_rows
from replica.queries.flows import flow_or_404, flow_sessions
from replica.queries.issues import issue_heats, issues, not_found
from replica.queries.sessions import duration_ms, session_or_404
from replica.schema.models import Issue
from replica.views.access import replica_view
from replica.views.head import head_context
from statetrace_ui.web.forms import parse_filters
from statetrace_ui.web.paging import newest_first
from statetrace_ui.web.requests import Request

MOST_ROWS = 100  # impacts of one category; its strip shows all
SESSIONS = 50
STEPS = [f"> {least:.0%}".replace("%", " %") if least else "some" for least in WARMER]


@replica_view
def session_issues(request: Request, alias: str, session_id: str) -> HttpResponse:
    context = head_context(alias, session_or_404(alias, session_id))
    found = cards(issues(alias, session_id), context["length"])
    context |= {"cards": [_shown(card) for card in found], "not_found": not_found(alias, session_id)}
    return render(request, "replica/issues.html", context)


def _shown(card: Card) -> dict[str, Any]:
    """A card, with the impacts that the page lists: the longest ones, in order of time."""
    longest = sorted(card.impacts, key=lambda one: -(one.impact_time or 0))[:MOST_ROWS]
    return {"card": card, "listed": [_listed(one) for one in sorted(longest, key=lambda one: one.start_time_ms)]}


def _listed(issue: Issue) -> dict[str, Any]:
    addresses = SessionAddresses(issue.session_id)
    start, end = issue.start_time_ms, max(issue.start_time_ms, issue.end_time_ms)
    return {
        "issue": issue,
        "href": addresses.issue(issue.issue_id, issue.impact_id, issue.category),
        "moment": moment_address(issue.session_id, start, max(end, start + 1)),
    }


@replica_view
def flow_issues(request: Request, alias: str, user_flow_id: str) -> HttpResponse:
    """Session × category, a page of sessions at a time, newest first."""
    form = parse_filters(FlowFilter, request)
    context: dict[str, Any] = {"flow": flow_or_404(alias, user_flow_id), "form": form, "steps": STEPS}
    if not form.errors:
        wanted = flow_sessions(alias, user_flow_id, form.wanted)
        page = newest_first(wanted, ("start_time", "session_id"), form.cleaned_data["cursor"], SESSIONS)
        heats = issue_heats(alias, [session.session_id for session in page.rows])
        columns = categories(heats)
        lengths = {session.session_id: duration_ms(session) or 0.0 for session in page.rows}
        context |= {"page": page, "columns": columns, "rows": map_rows(page.rows, lengths, heats, columns)}
    return render(request, "replica/flow_issues.html", context, status=400 if form.errors else 200)
