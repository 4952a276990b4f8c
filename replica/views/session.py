"""A captured session on one time axis, together with the audited sessions that its tags name."""

from dataclasses import replace

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from replica import lanes
from replica.addresses import SessionAddresses
from replica.lanes import SPANS_A_LANE, BusyThreads, SessionAxis
from replica.profiles.blocks import Blocks
from replica.profiles.busy import what_ran
from replica.profiles.service import built_blocks
from replica.queries.calls import BusySpan, busy_spans, method_names, process_names, threads
from replica.queries.issues import issues
from replica.queries.labels import labels
from replica.queries.network import exchanges
from replica.queries.series import series
from replica.queries.sessions import measurements, session_or_404
from replica.views.access import replica_view
from replica.views.head import head_context
from replica.views.joined import AuditedSessions, audited_sessions
from statetrace_ui.history.lanes import timeline_groups
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.render import timeline_context
from statetrace_ui.web.requests import Request
from statetrace_ui.web.timeline import Group, Lane, Timeline


@replica_view
def session(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The session page: measurements, and everything on one time axis. A mere profile opens as a flame graph."""
    session = session_or_404(alias, session_id)
    context = head_context(alias, session)
    if context["only_calls"] and "timeline" not in request.GET:
        return HttpResponseRedirect(f"{reverse('replica:flame', args=[session_id])}?{request.GET.urlencode()}")
    axis = SessionAxis(session.start_time, context["length"], SessionAddresses(session_id))
    audited = audited_sessions(request.organisation, context["tags"])
    groups = [*measured_groups(request.organisation, alias, session_id, axis), *_audited_groups(audited, axis)]
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


def measured_groups(organisation: Organisation, alias: str, session_id: str, axis: SessionAxis) -> list[Group]:
    """What happened in the session, from what was wanted down to what ran; kinds without data are left out."""
    return _with_lanes(
        [
            lanes.label_group(labels(alias, session_id), axis),
            lanes.issue_group(issues(alias, session_id), axis),
            lanes.network_group(exchanges(alias, session_id), axis),
            lanes.thread_group(_busy_threads(organisation, alias, session_id, axis), axis),
        ]
    )


def _busy_threads(organisation: Organisation, alias: str, session_id: str, axis: SessionAxis) -> BusyThreads:
    resolution = axis.length / SPANS_A_LANE
    blocks = built_blocks(organisation, alias, session_id)
    spans = spans_of(blocks, resolution) if blocks else busy_spans(alias, session_id, resolution)
    return BusyThreads(
        spans=spans,
        threads={(thread.process_id, thread.id): thread.name for thread in threads(alias, session_id)},
        processes=process_names(alias, session_id),
        methods={} if blocks else method_names(alias, session_id, spans),
    )


def spans_of(blocks: Blocks, resolution_ms: float) -> list[BusySpan]:
    """When threads were busy and with which call, out of the profile's blocks."""
    return [
        BusySpan(
            process_id=thread.process_id,
            thread_id=thread.id,
            start_us=one.start,
            end_us=one.end,
            calls=one.calls,
            name=blocks.methods[one.method].name,
            depth=one.depth,
            at_us=one.at,
        )
        for thread in blocks.threads
        for one in what_ran(blocks, thread, max(1, int(resolution_ms * 1000)))
    ]


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
