"""Two captured sessions on one time axis, lane under lane: a fragment of the comparison, and a page of its own."""

import orjson
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from replica import lanes
from replica.addresses import SessionAddresses
from replica.forms import PairForm, PairRangeForm
from replica.lanes import SessionAxis, series_lane_key
from replica.queries.series import series
from replica.queries.sessions import length_ms, session_or_404
from replica.schema.models import SessionMetadata
from replica.series.readings import outlines
from replica.series.service import series_of
from replica.side_by_side import BASE, NEW, side_by_side
from replica.views.access import replica_view
from replica.views.measured import KINDS, Measured
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial, timeline_context
from statetrace_ui.web.requests import Request
from statetrace_ui.web.timeline import Timeline


@replica_view
def pair(request: Request, alias: str) -> HttpResponse:
    asked = parse_query(PairForm, request).cleaned_data
    sessions = {side: session_or_404(alias, asked[side]) for side in (BASE, NEW)}
    both = side_by_side(*(_timeline(request, alias, session) for session in sessions.values()))
    curves = f"{reverse('replica:pair_curves')}?{urlencode({side: asked[side] for side in (BASE, NEW)})}"
    for group in both.groups:
        group.curves = curves if group.curves else ""
    context = {"sessions": sessions, **timeline_context(request, both)}
    return page_or_partial(request, "replica/pair.html", context, "pair")


def _timeline(request: Request, alias: str, session: SessionMetadata) -> Timeline:
    axis = SessionAxis(session.start_time, length_ms(alias, session), SessionAddresses(session.session_id))
    measured = Measured(request.organisation, alias, session.session_id, axis)
    groups = [group_of(measured) for group_of in KINDS.values()]
    groups.append(lanes.series_group(series(alias, session.session_id), axis))
    return Timeline(axis.origin, axis.length, [group for group in groups if group.lanes])


@replica_view
def pair_curves(request: Request, alias: str) -> HttpResponse:
    """{lane key: [[ms, value or null], …]} of the time series of both, each since its session's start."""
    form = parse_query(PairRangeForm, request)
    found = {}
    for side in (BASE, NEW):
        session = session_or_404(alias, form.cleaned_data[side])
        blocks = series_of(alias, request.organisation.replica.reading_url, session.session_id)
        for key, curve in outlines(blocks, *form.range_within(length_ms(alias, session))).items():
            found[f"{side}-{series_lane_key(key)}"] = curve.points()
    return HttpResponse(orjson.dumps(found), content_type="application/json")
