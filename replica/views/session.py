"""A captured session on one time axis, and the fragments that explain what is selected on it."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from replica import queries, timeline
from replica.forms import IssueForm
from replica.schema.models import SessionMetadata, SessionTag
from replica.views.access import replica_view
from statetrace_ui.history.lanes import timeline_groups
from statetrace_ui.history.models import Session as AuditedSession
from statetrace_ui.history.queries import session_by_key
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request
from statetrace_ui.web.timeline import Group, Timeline


def header(alias: str, session: SessionMetadata) -> dict[str, Any]:
    """What the head of every page of a session shows."""
    ids = [session.session_id]
    tags = queries.tags(alias, ids).get(session.session_id, [])
    return {
        "session": session,
        "flow": queries.flow_of(alias, session),
        "length": queries.length_ms(alias, session),
        "tags": tags,
        "telling_tags": queries.telling(tags),
        "read_at_most": queries.SPAN_LIMIT,
        "holds": queries.holdings(alias, ids)[session.session_id],
    }


@replica_view
def session(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The session page: measurements, and everything on one time axis."""
    found = queries.session_or_404(alias, session_id)
    context = header(alias, found)
    audited = _audited(request, found, context["tags"], context["length"])
    groups = [*timeline.groups(alias, found, context["length"]), *audited["groups"]]
    series = timeline.series_group(alias, found)
    groups += [series] if series.lanes else []
    context |= {
        "timeline": Timeline(found.start_time, context["length"], groups).as_json(),
        "audited": audited,
        "measurements": queries.measurements(alias, session_id),
    }
    return render(request, "replica/session.html", context)


def _audited(request: Request, session: SessionMetadata, tags: list[SessionTag], length: float) -> dict[str, Any]:
    """The audited sessions that this session's tags name: their groups, the sessions, and the keys not in history."""
    groups: list[Group] = []
    found, missing = [], []
    for key in [tag.tag_value for tag in tags if tag.tag_key == queries.AUDITED_SESSION_TAG]:
        audited = session_by_key(request.organisation, key)
        if audited is None:
            missing.append(key)
            continue
        found.append(audited)
        groups += [_linking(group, audited) for group in timeline_groups(audited, session.start_time, length)]
    return {"groups": groups, "sessions": found, "missing": missing}


def _linking(group: Group, audited: AuditedSession) -> Group:
    """The group, named for this page and leading to the audited session it is of; its actions say whose they are."""
    group.href = reverse("history:session", args=[audited.pk])
    for lane in group.lanes:
        lane.name = str(audited) if group.key == "actions" else lane.name
        lane.key = f"audited-{audited.pk}-{lane.key}"
    group.key = f"audited-{audited.pk}-{group.key}"
    return group


@replica_view
def label(request: Request, alias: str, session_id: str, label_id: str) -> HttpResponse:
    found = queries.label_or_404(alias, session_id, label_id)
    context = {"session": queries.session_or_404(alias, session_id), "label": found, "data": pretty(found.data)}
    context["length"] = found.end_time - found.start_time
    return page_or_partial(request, "replica/inspect/label.html", context, "explained")


def pretty(text: str | None) -> str:
    """JSON with one thing a line; other text as it is."""
    try:
        return json.dumps(json.loads(text or ""), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text or ""


@replica_view
def exchange(request: Request, alias: str, session_id: str, message_id: int) -> HttpResponse:
    found = queries.exchange_or_404(alias, session_id, message_id)
    owner = queries.session_or_404(alias, session_id)
    start, end = timeline.exchange_times(found, owner)
    context = {
        "session": owner,
        "exchange": found,
        "host": timeline.host_of(found.url),
        "failed": timeline.failed(found),
        "start": start,
        "end": end,
        "phases": _phases(found),
    }
    return page_or_partial(request, "replica/inspect/exchange.html", context, "explained")


def _phases(exchange: Any) -> list[tuple[str, int | None]]:
    """The parts of an exchange's time that the capture could tell apart, in ms; `other` is the rest."""
    phases = [
        ("TCP connect", exchange.tcp_connect),
        ("TLS handshake", exchange.tls_handshake),
        ("Wait for first byte", exchange.wait),
        ("Receive", exchange.receive),
    ]
    rest = (exchange.duration or 0) - sum(value or 0 for _, value in phases)
    return [*phases, ("Other (queue, DNS, send)", rest)] if rest > 0 else phases


@replica_view
def issue(request: Request, alias: str, session_id: str, issue_id: str, impact_id: str) -> HttpResponse:
    category = parse_query(IssueForm, request).cleaned_data["category"]
    found = queries.issue_or_404(alias, session_id, category, issue_id, impact_id)
    context = {
        "session": queries.session_or_404(alias, session_id),
        "issue": found,
        "tone": timeline.issue_tone(found.issue_group),
    }
    return page_or_partial(request, "replica/inspect/issue.html", context, "explained")


@replica_view
def thread(request: Request, alias: str, session_id: str, process_id: int, thread_id: int) -> HttpResponse:
    found = queries.thread_or_404(alias, session_id, process_id, thread_id)
    facts = queries.thread_facts(alias, session_id, process_id, thread_id)
    context = {
        "session": queries.session_or_404(alias, session_id),
        "thread": found,
        "name": timeline.thread_name(found, thread_id),
        "process": queries.process_names(alias, session_id).get(process_id, f"Process {process_id}"),
        "facts": facts,
        **{name: _ms(facts[f"{name}_us"]) for name in ("start", "end", "wall", "cpu")},
        "flame": timeline.flame_address(session_id, process_id, thread_id),
    }
    return page_or_partial(request, "replica/inspect/thread.html", context, "explained")


def _ms(us: int | None) -> float | None:
    return None if us is None else float(us) / 1000
