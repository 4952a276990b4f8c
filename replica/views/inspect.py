"""Fragments that explain one thing in a captured session: a label, an exchange, an issue, a thread."""

import json

from django.http import HttpResponse

from replica import lanes, network
from replica.addresses import SessionAddresses
from replica.forms import IssueForm
from replica.queries.calls import process_names, thread_facts, thread_or_404
from replica.queries.issues import issue_or_404
from replica.queries.labels import label_or_404
from replica.queries.network import exchange_or_404
from replica.queries.sessions import session_or_404
from replica.views.access import replica_view
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request


@replica_view
def label(request: Request, alias: str, session_id: str, label_id: str) -> HttpResponse:
    label = label_or_404(alias, session_id, label_id)
    context = {
        "session": session_or_404(alias, session_id),
        "label": label,
        "length": label.end_time - label.start_time,
        "data": indented(label.data),
    }
    return page_or_partial(request, "replica/inspect/label.html", context, "explained")


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
    context = {
        "session": session,
        "exchange": exchange,
        "host": network.host_of(exchange.url),
        "path": network.path_of(exchange.url),
        "failed": network.failed(exchange.status),
        "start": start,
        "end": end,
        "phases": network.phases(exchange),
    }
    return page_or_partial(request, "replica/inspect/exchange.html", context, "explained")


@replica_view
def issue(request: Request, alias: str, session_id: str, issue_id: str, impact_id: str) -> HttpResponse:
    category = parse_query(IssueForm, request).cleaned_data["category"]
    issue = issue_or_404(alias, session_id, category, issue_id, impact_id)
    context = {
        "session": session_or_404(alias, session_id),
        "issue": issue,
        "tone": lanes.issue_tone(issue.issue_group),
    }
    return page_or_partial(request, "replica/inspect/issue.html", context, "explained")


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
