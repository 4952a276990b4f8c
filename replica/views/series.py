"""Time series of one session: chosen series on one time axis, every range at full detail."""

from typing import Any

import orjson
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from replica.figures.series import MOST_SHADES, SeriesCurve, Shade, series_figure
from replica.forms import RangeForm, SeriesForm
from replica.lanes import series_lane_key
from replica.queries.labels import labels_between
from replica.queries.series import series
from replica.queries.sessions import length_ms, session_or_404
from replica.schema.models import SessionLabel, SessionTimeseries
from replica.series.readings import Reading, outlines, readings
from replica.series.service import series_of
from replica.views.access import replica_view
from replica.views.head import head_context
from statetrace_ui.web.forms import parse_filters, parse_query
from statetrace_ui.web.requests import Request
from statetrace_ui.web.timeline import colour_of

FIRST_CHOICE = 3  # series shown when none is chosen


@replica_view
def session_series(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The page: which series there are, the chosen ones drawn, their statistics."""
    session = session_or_404(alias, session_id)
    available = series(alias, session_id)
    form = parse_filters(SeriesForm, request, keys=[one.timeseries_key for one in available])
    typed = {name: request.GET.get(name, "") for name in ("from", "to")}
    context = head_context(alias, session) | {"available": available, "form": form, "typed": typed}
    if form.errors:
        context |= {"chosen": request.GET.getlist("series"), "first": 0.0, "last": context["length"]}
        return render(request, "replica/series.html", context, status=400)
    chosen = form.cleaned_data["series"] or [one.timeseries_key for one in available[:FIRST_CHOICE]]
    context |= _drawn(
        request, alias, form, [one for one in available if one.timeseries_key in chosen], context["length"]
    )
    context["chosen"] = chosen
    return render(request, "replica/series.html", context)


@replica_view
def series_data(request: Request, alias: str, session_id: str) -> HttpResponse:
    """{figure, readout}: the chart of a range, and the HTML of the statistics below it."""
    session = session_or_404(alias, session_id)
    available = series(alias, session_id)
    form = parse_query(SeriesForm, request, keys=[one.timeseries_key for one in available])
    chosen = [one for one in available if one.timeseries_key in form.cleaned_data["series"]]
    context = {"session": session} | _drawn(request, alias, form, chosen, length_ms(alias, session))
    readout = render_to_string("replica/series.html#readout", context, request)
    return _json({"figure": context["chart"], "readout": readout})


@replica_view
def series_outlines(request: Request, alias: str, session_id: str) -> HttpResponse:
    """{lane key: [[ms, value or null], …]} of a range, for the session page's time axis."""
    form = parse_query(RangeForm, request)
    session = session_or_404(alias, session_id)
    blocks = series_of(alias, request.organisation.replica.reading_url, session.session_id)
    found = outlines(blocks, *form.range_within(length_ms(alias, session)))
    return _json({series_lane_key(key): curve.points() for key, curve in found.items()})


def _drawn(
    request: Request, alias: str, form: SeriesForm, chosen: list[SessionTimeseries], length: float
) -> dict[str, Any]:
    """What the template shows of the chosen series in the form's range of a session of `length` ms."""
    first, last = form.range_within(length)
    blocks = series_of(alias, request.organisation.replica.reading_url, chosen[0].session_id) if chosen else {}
    found = readings(blocks, chosen, first, last)
    longest = labels_between(alias, chosen[0].session_id, first, last, MOST_SHADES) if chosen else []
    shades = [_shade(label) for label in longest]
    chart = series_figure([_curve(reading) for reading in found], first, last, shades) if found else None
    return {"readings": found, "chart": chart, "first": first, "last": last, "narrowed": form.narrowed}


def _curve(reading: Reading) -> SeriesCurve:
    one = reading.series
    return SeriesCurve(one.timeseries_key, one.timeseries_name, one.y_units or "", reading.curve)


def _shade(label: SessionLabel) -> Shade:
    return Shade(label.name, colour_of(label.category or ""), label.start_time, label.end_time)


def _json(value: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(value), content_type="application/json")
