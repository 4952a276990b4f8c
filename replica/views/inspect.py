"""Fragments that explain one thing in a captured session: a label, an exchange, an issue, a thread."""

import json

from django.http import HttpResponse
from django.utils.http import urlencode

from replica import lanes, network
from replica.addresses import SessionAddresses, moment_address
from replica.beside.details import details_of
from replica.forms import IssueForm
from replica.queries.calls import process_names, thread_facts, thread_or_404
from replica.queries.issues import exchanges_of_issue, issue_or_404, issues_of_exchanges
from replica.queries.labels import LabelElsewhere, label_or_404, labels_between, same_labels
from replica.queries.network import exchange_or_404
from replica.queries.sessions import session_or_404, tags
from replica.schema.models import Issue
from replica.schema.statuses import SessionStatus
from replica.series.statistics import summarise
from replica.views.access import replica_view
from replica.views.joined import actions_of_request, audited_sessions
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request

MOST_OTHERS = 20


@replica_view
def label(request: Request, alias: str, session_id: str, label_id: str) -> HttpResponse:
    label = label_or_404(alias, session_id, label_id)
    context = {
        "session": session_or_404(alias, session_id),
        "label": label,
        "length": label.end_time - label.start_time,
        "data": indented(label.data),
        "explains": SessionAddresses(session_id).explained(label.start_time, label.end_time),
    }
    return page_or_partial(request, "replica/inspect/label.html", context, "explained")


@replica_view
def label_elsewhere(request: Request, alias: str, session_id: str, label_id: str) -> HttpResponse:
    """The same label in other sessions of the flow, and where this one lies among them."""
    label = label_or_404(alias, session_id, label_id)
    session = session_or_404(alias, session_id)
    found = same_labels(alias, session.user_flow_id, label)
    others = [one for one in found if one.session_id != session_id]
    context = {
        "session": session,
        "label": label,
        "length": label.end_time - label.start_time,
        "others": [(one, label_moment(one)) for one in others[:MOST_OTHERS]],
        "count": len(others),
        "summary": summarise([one.ms for one in others if one.status != SessionStatus.EXCLUDED]),
    }
    return page_or_partial(request, "replica/inspect/label_elsewhere.html", context, "explained")


def label_moment(label: LabelElsewhere) -> str:
    """The page that shows a label selected, and the time around it."""
    address = moment_address(label.session_id, label.start_time, label.start_time + label.ms)
    return f"{address}&{urlencode({'at': f'label-{label.label_id}'})}"


def indented(text: str | None) -> str:
    """JSON with one thing on each line; other text as it is."""
    try:
        return json.dumps(json.loads(text or ""), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text or ""


@replica_view
def exchange(request: Request, alias: str, session_id: str, message_id: int) -> HttpResponse:
    exchange = exchange_or_404(alias, session_id, message_id)
    session = session_or_404(alias, session_id)
    start, end = network.exchange_times(exchange, session.start_time)
    path = network.path_of(exchange.url)
    audited = audited_sessions(request.organisation, tags(alias, [session_id]).get(session_id, []))
    row = (exchange.message_id, exchange.start_time, exchange.url)
    detail = details_of(request.organisation, session_id, [row]).get(message_id)
    marked = labels_between(alias, session_id, start, end, MOST_OTHERS)
    context = {
        "session": session,
        "exchange": exchange,
        "detail": detail,
        "labels": [(one, SessionAddresses(session_id).label(one.label_id)) for one in marked],
        "host": network.host_of(exchange.url),
        "path": path,
        "failed": network.failed(exchange.status),
        "start": start,
        "end": end,
        "phases": network.phases(exchange, detail),
        "issues": _linked_issues(alias, session_id, message_id),
        "actions": actions_of_request(audited.sessions, session.start_time, path, start, end)[:MOST_OTHERS],
        "explains": SessionAddresses(session_id).explained(start, end),
    }
    return page_or_partial(request, "replica/inspect/exchange.html", context, "explained")


def _linked_issues(alias: str, session_id: str, message_id: int) -> list[tuple[Issue, str]]:
    """The issues that name an exchange, each with its address."""
    addresses = SessionAddresses(session_id)
    issues = issues_of_exchanges(alias, session_id, [message_id]).get(message_id, [])
    return [(one, addresses.issue(one.issue_id, one.impact_id, one.category)) for one in issues[:MOST_OTHERS]]


@replica_view
def issue(request: Request, alias: str, session_id: str, issue_id: str, impact_id: str) -> HttpResponse:
    category = parse_query(IssueForm, request).cleaned_data["category"]
    issue = issue_or_404(alias, session_id, category, issue_id, impact_id)
    context = {
        "session": session_or_404(alias, session_id),
        "issue": issue,
        "tone": lanes.issue_tone(issue.issue_group),
        "exchanges": exchanges_of_issue(alias, issue),
        "waterfall": _waterfall(session_id, issue),
        "explains": _explains(session_id, issue),
    }
    return page_or_partial(request, "replica/inspect/issue.html", context, "explained")


def _waterfall(session_id: str, issue: Issue) -> str:
    """The list of the exchanges that issues of this category name, with this one's selected."""
    wanted = {"issue": issue.category or ""}
    if issue.message_id is not None:
        wanted["at"] = str(issue.message_id)
    return f"{SessionAddresses(session_id).network()}?{urlencode(wanted)}"


def _explains(session_id: str, issue: Issue) -> str:
    """Where it is told what happened during an impact; "" for one that lasted no time."""
    first, last = issue.start_time_ms, issue.end_time_ms
    return SessionAddresses(session_id).explained(first, last) if (first or 0) < (last or 0) else ""


@replica_view
def thread(request: Request, alias: str, session_id: str, process_id: int, thread_id: int) -> HttpResponse:
    thread = thread_or_404(alias, session_id, process_id, thread_id)
    process = process_names(alias, session_id).get(process_id)
    context = {
        "session": session_or_404(alias, session_id),
        "thread": thread,
        "name": lanes.thread_name(thread.name, thread_id),
        "process": lanes.process_name(process, process_id),
        "facts": thread_facts(alias, session_id, process_id, thread_id),
        "flame": SessionAddresses(session_id).flame_of_thread(process_id, thread_id),
    }
    return page_or_partial(request, "replica/inspect/thread.html", context, "explained")
