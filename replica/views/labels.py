"""How long labels took: in one session, and over all sessions of its user flow."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.http import HttpResponse
from django.shortcuts import render

from replica.addresses import moment_address
from replica.figures.labels import label_bars, label_spreads
from replica.forms import FlowFilter, TablesForm
from replica.labels import (
    Occurrences,
    flow_occurrences,
    label_bar,
    label_row,
    longest,
    session_occurrences,
    spread_of,
    with_duration,
)
from replica.queries.flows import flow_or_404
from replica.queries.labels import label_durations, labels
from replica.queries.sessions import session_or_404
from replica.views.access import replica_view
from replica.views.head import head_context
from statetrace_ui.web.forms import parse_filters, parse_query
from statetrace_ui.web.requests import Request

MOST_BARS = 60  # nobody reads a chart of more rows; the table below it has all
MOST_ROWS = 100  # of a table, until more are asked for
T = TypeVar("T")


@replica_view
def session_labels(request: Request, alias: str, session_id: str) -> HttpResponse:
    """This session's labels in order of time, and where each lies among the flow's sessions."""
    form = parse_query(TablesForm, request)
    session = session_or_404(alias, session_id)
    marked = labels(alias, session_id)
    timed = with_duration(marked)
    rows, later = _part(timed, form.cleaned_data["labels"])
    context = {"labels": [label_row(label, moment_address) for label in rows], "later": later, "with_here": True}
    if request.htmx and form.cleaned_data["labels"]:
        return render(request, "replica/labels.html#labels", context)
    context |= _spreads(session_occurrences(label_durations(alias, session.user_flow_id), timed), form)
    if request.htmx:
        return render(request, "replica/spreads.html#spreads", context)
    charted = longest(timed, MOST_BARS)
    context |= head_context(alias, session) | {
        "timed": len(timed),
        "instants": len(marked) - len(timed),
        "charted": len(charted),
        "bars_chart": label_bars([label_bar(label, moment_address) for label in charted]) if charted else None,
    }
    return render(request, "replica/labels.html", context)


def _part(rows: Sequence[T], start: int | None) -> tuple[Sequence[T], int | None]:
    """A screen or two of a table's rows, and where the next ones begin; None at the end."""
    end = (start or 0) + MOST_ROWS
    return rows[start or 0 : end], end if end < len(rows) else None


def _spreads(found: Sequence[Occurrences], form: TablesForm) -> dict[str, Any]:
    """What `replica/spreads.html` shows: a chart of the first labels, and a part of the table of all."""
    rows, more = _part(found, form.cleaned_data["spreads"])
    listed, charted = ([spread_of(label, moment_address) for label in part] for part in (rows, found[:MOST_BARS]))
    chart = label_spreads(charted) if charted else None
    return {"spreads": listed, "more_spreads": more, "all_spreads": len(found), "spread_chart": chart}


@replica_view
def flow_labels(request: Request, alias: str, user_flow_id: str) -> HttpResponse:
    """The distribution of every label's duration over the flow's sessions that the filters want."""
    form = parse_filters(FlowFilter, request)
    flow = flow_or_404(alias, user_flow_id)
    durations = [] if form.errors else label_durations(alias, user_flow_id, form.wanted)
    found = flow_occurrences(durations)
    context = {"flow": flow, "form": form, "charted": min(len(found), MOST_BARS)}
    context |= _spreads(found, parse_query(TablesForm, request))
    if request.htmx:
        return render(request, "replica/spreads.html#spreads", context)
    return render(request, "replica/flow_labels.html", context, status=400 if form.errors else 200)
