"""Time series of one session: chosen series on one time axis, every range at full detail."""

from dataclasses import dataclass
from typing import Any

import orjson
from adbc_driver_postgresql import dbapi
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from replica import figures, queries, timeline
from replica.databases.arrow import column_cursor
from replica.forms import SeriesForm
from replica.schema.models import SessionTimeseries
from replica.series.downsampling import curve
from replica.series.reading import TIMEOUT, read_points
from replica.series.statistics import Summary, summarise
from replica.series.units import ms_per_unit
from replica.views.access import replica_view
from replica.views.session import header
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request

POINTS = 4000  # a series: two for each pixel of a wide screen
FIRST_CHOICE = 3  # series shown when none is chosen


@dataclass(frozen=True, slots=True)
class Reading:
    """One chosen series in the range shown: what is drawn, and its statistics in the series' unit."""

    series: SessionTimeseries
    drawn: figures.SeriesCurve
    summary: Summary | None

    @property
    def shown(self) -> int:
        return self.drawn.curve.shown

    @property
    def total(self) -> int:
        return self.drawn.curve.total

    @property
    def thinned(self) -> bool:
        return self.shown < self.total


@replica_view
def session_series(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The page: which series there are, the chosen ones drawn, their statistics."""
    session = queries.session_or_404(alias, session_id)
    known = queries.series(alias, session_id)
    form = parse_query(SeriesForm, request, keys=[found.timeseries_key for found in known])
    context = header(alias, session)
    chosen = form.cleaned_data["series"] or [found.timeseries_key for found in known[:FIRST_CHOICE]]
    shown = _shown(request, known, chosen, *_range(form, context["length"]))
    context |= shown | {"known": known, "chosen": chosen, "narrowed": _narrowed(form)}
    return render(request, "replica/series.html", context)


@replica_view
def series_data(request: Request, alias: str, session_id: str) -> HttpResponse:
    """{figure, readout}: the chart of a range, and the HTML of the statistics below it."""
    session = queries.session_or_404(alias, session_id)
    known = queries.series(alias, session_id)
    form = parse_query(SeriesForm, request, keys=[found.timeseries_key for found in known])
    length = queries.length_ms(alias, session)
    shown = _shown(request, known, form.cleaned_data["series"], *_range(form, length))
    context = shown | {"session": session, "narrowed": _narrowed(form)}
    readout = render_to_string("replica/series.html#readout", context, request)
    return HttpResponse(orjson.dumps({"figure": shown["chart"], "readout": readout}), content_type="application/json")


@replica_view
def series_outlines(request: Request, alias: str, session_id: str) -> HttpResponse:
    """{lane key: [[ms, value or null], …]} for the session page's time axis."""
    session = queries.session_or_404(alias, session_id)
    found = timeline.outlines(alias, request.organisation.replica.reader_url, session.session_id)
    return HttpResponse(orjson.dumps(found), content_type="application/json")


def _range(form: SeriesForm, length: float) -> tuple[float, float]:
    """The range asked for; open ends are the session's."""
    start, end = form.cleaned_data["from"], form.cleaned_data["to"]
    return (0.0 if start is None else start), (length if end is None else end)


def _narrowed(form: SeriesForm) -> bool:
    return form.cleaned_data["from"] is not None or form.cleaned_data["to"] is not None


def _shown(
    request: Request, known: list[SessionTimeseries], chosen: list[str], first: float, last: float
) -> dict[str, Any]:
    with column_cursor(request.organisation.replica.reader_url, TIMEOUT) as cursor:
        readings = [_read(cursor, found, first, last) for found in known if found.timeseries_key in chosen]
    chart = figures.series([reading.drawn for reading in readings], first, last) if readings else None
    return {"readings": readings, "chart": chart, "first": first, "last": last}


def _read(cursor: dbapi.Cursor, found: SessionTimeseries, first: float, last: float) -> Reading:
    scale = ms_per_unit(found.x_units)
    x, y = read_points(cursor, found.session_id, found.timeseries_key, first / scale, last / scale)
    drawn = figures.SeriesCurve(
        found.timeseries_key, found.timeseries_name, found.y_units or "", curve(x * scale, y, POINTS)
    )
    return Reading(found, drawn, summarise(y))
