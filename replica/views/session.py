"""A captured session on one time axis, together with the audited sessions that its tags name."""

from dataclasses import replace

import orjson
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from replica import lanes
from replica.addresses import SessionAddresses
from replica.beside import screenshots
from replica.forms import RangeForm
from replica.lanes import SessionAxis
from replica.queries.series import series
from replica.queries.sessions import length_ms, measurements, session_or_404
from replica.views.access import replica_view
from replica.views.head import head_context
from replica.views.joined import AuditedSessions, audited_sessions
from replica.views.measured import KINDS, Measured
from statetrace_ui.history.lanes import timeline_groups
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import timeline_context
from statetrace_ui.web.requests import Request
from statetrace_ui.web.timeline import Group, Lane, Timeline, packed


@replica_view
def session(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The session page: measurements, and everything on one time axis. A mere profile opens as a flame graph."""
    session = session_or_404(alias, session_id)
    context = head_context(alias, session)
    taken = screenshots.moments(request.organisation, session_id)
    if context["only_calls"] and not taken and "timeline" not in request.GET:
        return HttpResponseRedirect(f"{reverse('replica:flame', args=[session_id])}?{request.GET.urlencode()}")
    addresses = SessionAddresses(session_id)
    axis = SessionAxis(session.start_time, context["length"], addresses, request.GET.get("at", ""))
    audited = audited_sessions(request.organisation, context["tags"])
    groups = _with_lanes([lanes.screenshot_group(taken, axis)])
    measured = Measured(request.organisation, alias, session_id, axis)
    groups += _with_lanes([group_of(measured) for group_of in KINDS.values()]) + _audited_groups(audited, axis)
    groups += _with_lanes([lanes.series_group(series(alias, session_id), axis)])
    if len(groups) == 1:
        groups[0].folded = False  # a page of one folded line would look empty
    context |= timeline_context(request, Timeline(axis.origin, axis.length, groups))
    context |= {
        "audited": audited,
        "measurements": measurements(alias, session_id),
        "explains": axis.addresses.explained(),
    }
    return render(request, "replica/session.html", context)


@replica_view
def session_spans(request: Request, alias: str, session_id: str, kind: str) -> HttpResponse:
    """{lane key: packed spans} of one kind in a range, as fine as a screen shows it."""
    form = parse_query(RangeForm, request)
    session = session_or_404(alias, session_id)
    if kind not in KINDS:
        raise UserError("A time axis has no such spans.", "Reload the page.", status=404)
    first, last = form.range_within(length_ms(alias, session))
    axis = SessionAxis(session.start_time, last - first, SessionAddresses(session_id), request.GET.get("at", ""))
    group = KINDS[kind](Measured(request.organisation, alias, session_id, axis, first, last))
    spans = {lane.key: packed(lane.spans) for lane in group.lanes}
    return HttpResponse(orjson.dumps(spans), content_type="application/json")


def _with_lanes(groups: list[Group]) -> list[Group]:
    return [group for group in groups if group.lanes]


def _audited_groups(audited: AuditedSessions, axis: SessionAxis) -> list[Group]:
    return [
        audited_group(group, session.pk, str(session), reverse("history:session", args=[session.pk]))
        for session in audited.sessions
        for group in timeline_groups(session, axis.origin, axis.length)
    ]


def audited_group(group: Group, pk: int, name: str, href: str) -> Group:
    """An audited session's group for this page: under keys of its own, leading to that session.

    The lane of its actions is named for the session, since several may stand on one page.
    """

    def renamed(lane: Lane) -> Lane:
        lane_name = name if group.key == "actions" else lane.name
        return replace(lane, key=f"audited-{pk}-{lane.key}", name=lane_name)

    return replace(group, key=f"audited-{pk}-{group.key}", href=href, lanes=[renamed(lane) for lane in group.lanes])
