"""How long labels took: in one session, and over all sessions of its user flow."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from replica.addresses import moment_address
from replica.figures.labels import Spread, label_bars, label_spreads
from replica.forms import FlowFilter, TablesForm
from replica.labels import label_bar, label_row, spread_of, with_durations
from replica.queries.flows import SessionFilter, flow_or_404
from replica.queries.labels import (
    FlowLabels,
    longest_labels,
    session_label_names,
    timed_count,
    timed_labels,
)
from replica.queries.sessions import session_or_404
from replica.schema.models import SessionMetadata
from replica.views.access import replica_view
from replica.views.head import head_context
from statetrace_ui.web.forms import parse_filters, parse_query
from statetrace_ui.web.requests import Request

MOST_BARS = 60  # nobody reads a chart of more rows; the table below it has all
MOST_ROWS = 50  # of a table, until more are asked for
MOST_DOTS = 1_200  # of a chart, so that a browser draws it at once
NOTHING: dict[str, Any] = {"spreads": [], "more_spreads": None, "all_spreads": 0}


@replica_view
def session_labels(request: Request, alias: str, session_id: str) -> HttpResponse:
    """This session's labels in order of time, and where each lies among the flow's sessions."""
    form = parse_query(TablesForm, request)
    session = session_or_404(alias, session_id)
    begin, begin_spreads = form.cleaned_data["labels"] or 0, form.cleaned_data["spreads"] or 0
    if request.htmx and begin:
        return render(request, "replica/labels.html#labels", _listed(alias, session_id, begin))
    if request.htmx:
        return render(request, "replica/spreads.html#spreads", _among(alias, session, begin_spreads))
    context = head_context(alias, session) | _listed(alias, session_id, begin) | _barred(alias, session_id)
    context |= _among(alias, session, begin_spreads)
    first = context["spreads"] if not begin_spreads else _among(alias, session, 0)["spreads"]
    context |= _spread_chart(FlowLabels(alias, session.user_flow_id), first)
    context["instants"] = context["holds"].labels - context["timed"]
    return render(request, "replica/labels.html", context)


def _listed(alias: str, session_id: str, begin: int) -> dict[str, Any]:
    """A part of the table of the session's labels."""
    rows = timed_labels(alias, session_id, begin, MOST_ROWS + 1)
    listed = [label_row(label, moment_address) for label in rows[:MOST_ROWS]]
    return {"labels": listed, "later": begin + MOST_ROWS if len(rows) > MOST_ROWS else None}


def _barred(alias: str, session_id: str) -> dict[str, Any]:
    """The chart of the session's longest labels, and how many have a duration."""
    charted = longest_labels(alias, session_id, MOST_BARS)
    chart = label_bars([label_bar(label, moment_address) for label in charted]) if charted else None
    return {"bars_chart": chart, "charted": len(charted), "timed": timed_count(alias, session_id)}


def _among(alias: str, session: SessionMetadata, begin: int) -> dict[str, Any]:
    """A part of the table of the session's labels among the flow's; a name that no counted session has is left out."""
    names = session_label_names(alias, session.session_id, begin, MOST_ROWS + 1)
    here = {one.name: one.ms for one in names[:MOST_ROWS]}
    found = FlowLabels(alias, session.user_flow_id).spreads_of(list(here))
    listed = [spread_of(found[name], ms) for name, ms in here.items() if name in found]
    return {
        "spreads": listed,
        "more_spreads": begin + MOST_ROWS if len(names) > MOST_ROWS else None,
        "with_here": True,
    }


@replica_view
def flow_labels(request: Request, alias: str, user_flow_id: str) -> HttpResponse:
    """The distribution of every label's duration over the flow's sessions that the filters want."""
    form = parse_filters(FlowFilter, request)
    flow = flow_or_404(alias, user_flow_id)
    begin = parse_query(TablesForm, request).cleaned_data["spreads"] or 0
    labels = FlowLabels(alias, user_flow_id, SessionFilter() if form.errors else form.wanted)
    context: dict[str, Any] = {"flow": flow, "form": form} | (NOTHING if form.errors else _frequent(labels, begin))
    if request.htmx:
        return render(request, "replica/spreads.html#spreads", context)
    if context["spreads"]:
        context |= _spread_chart(labels, context["spreads"] if not begin else _frequent(labels, 0)["spreads"])
    return render(request, "replica/flow_labels.html", context, status=400 if form.errors else 200)


def _frequent(labels: FlowLabels, begin: int) -> dict[str, Any]:
    """A part of the table of a flow's labels, the most frequent first."""
    found = labels.spreads(begin, MOST_ROWS)
    total = found[0].total if found else 0
    return {
        "spreads": [spread_of(one) for one in found],
        "more_spreads": begin + MOST_ROWS if begin + MOST_ROWS < total else None,
        "all_spreads": total,
    }


def _spread_chart(labels: FlowLabels, spreads: Sequence[Spread]) -> dict[str, Any]:
    """The chart of the first labels, with no more dots than a browser draws at once."""
    charted = spreads[:MOST_BARS]
    each = MOST_DOTS // max(1, len(charted))
    durations = labels.durations([one.name for one in charted], each)
    dotted = [with_durations(one, durations[one.name], moment_address) for one in charted]
    return {
        "spread_chart": label_spreads(dotted) if dotted else None,
        "charted_spreads": len(charted),
        "thinned_to": each if any(one.summary.n > each for one in charted) else None,
    }
