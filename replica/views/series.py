"""Time series of one session: chosen series on one time axis, every range at full detail."""

from typing import Any

import orjson
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from replica.figures.series import SeriesCurve, series_figure
from replica.forms import SeriesForm
from replica.lanes import series_lane_key
from replica.queries.series import series
from replica.queries.sessions import length_ms, session_or_404
from replica.schema.models import SessionTimeseries
from replica.series.readings import Reading, read_outlines, read_range
from replica.views.access import replica_view
from replica.views.head import head_context
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request

FIRST_CHOICE = 3  # series shown when none is chosen


@replica_view
def session_series(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The page: which series there are, the chosen ones drawn, their statistics."""
    session = session_or_404(alias, session_id)
    available = series(alias, session_id)
    form = _form(request, available)
    context = head_context(alias, session)
    chosen = form.cleaned_data["series"] or [one.timeseries_key for one in available[:FIRST_CHOICE]]
    context |= _drawn(request, form, [one for one in available if one.timeseries_key in chosen], context["length"])
    context |= {"available": available, "chosen": chosen}
    return render(request, "replica/series.html", context)


@replica_view
def series_data(request: Request, alias: str, session_id: str) -> HttpResponse:
    """{figure, readout}: the chart of a range, and the HTML of the statistics below it."""
    session = session_or_404(alias, session_id)
    available = series(alias, session_id)
    form = _form(request, available)
    chosen = [one for one in available if one.timeseries_key in form.cleaned_data["series"]]
    context = {"session": session} | _drawn(request, form, chosen, length_ms(alias, session))
    readout = render_to_string("replica/series.html#readout", context, request)
    return _json({"figure": context["chart"], "readout": readout})


@replica_view
def series_outlines(request: Request, alias: str, session_id: str) -> HttpResponse:
    """{lane key: [[ms, value or null], …]} for the session page's time axis."""
    session = session_or_404(alias, session_id)
    outlines = read_outlines(request.organisation.replica.reading_url, series(alias, session.session_id))
    return _json({series_lane_key(key): curve.points() for key, curve in outlines.items()})


def _form(request: Request, available: list[SessionTimeseries]) -> SeriesForm:
    return parse_query(SeriesForm, request, keys=[one.timeseries_key for one in available])


def _drawn(request: Request, form: SeriesForm, chosen: list[SessionTimeseries], length: float) -> dict[str, Any]:
    """What the template shows of the chosen series in the form's range of a session of `length` ms."""
    first, last = form.range_within(length)
    readings = read_range(request.organisation.replica.reading_url, chosen, first, last)
    chart = series_figure([_curve(reading) for reading in readings], first, last) if readings else None
    return {"readings": readings, "chart": chart, "first": first, "last": last, "narrowed": form.narrowed}


def _curve(reading: Reading) -> SeriesCurve:
    one = reading.series
    return SeriesCurve(one.timeseries_key, one.timeseries_name, one.y_units or "", reading.curve)


def _json(value: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(value), content_type="application/json")
