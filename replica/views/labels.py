"""How long labels took: in one session, and over all sessions of its user flow."""

from django.http import HttpResponse
from django.shortcuts import render

from replica.addresses import moment_address
from replica.figures.labels import label_bars, label_spreads
from replica.labels import flow_spreads, label_bar, label_row, longest, session_spreads, with_duration
from replica.queries.flows import flow_or_404
from replica.queries.labels import label_durations, labels
from replica.queries.sessions import session_or_404
from replica.views.access import replica_view
from replica.views.head import head_context
from statetrace_ui.web.requests import Request

MOST_BARS = 60  # nobody reads a chart of more rows; the table below it has all


@replica_view
def session_labels(request: Request, alias: str, session_id: str) -> HttpResponse:
    """This session's labels in order of time, and where each lies among the flow's sessions."""
    session = session_or_404(alias, session_id)
    marked = labels(alias, session_id)
    timed = with_duration(marked)
    charted = longest(timed, MOST_BARS)
    spreads = session_spreads(label_durations(alias, session.user_flow_id), timed, moment_address)
    context = head_context(alias, session) | {
        "labels": [label_row(label, moment_address) for label in timed],
        "instants": len(marked) - len(timed),
        "spreads": spreads,
        "charted": len(charted),
        "bars_chart": label_bars([label_bar(label, moment_address) for label in charted]) if charted else None,
        "spread_chart": label_spreads(spreads[:MOST_BARS]) if spreads else None,
    }
    return render(request, "replica/labels.html", context)


@replica_view
def flow_labels(request: Request, alias: str, user_flow_id: str) -> HttpResponse:
    """The distribution of every label's duration over a flow's sessions."""
    flow = flow_or_404(alias, user_flow_id)
    spreads = flow_spreads(label_durations(alias, user_flow_id), moment_address)
    context = {
        "flow": flow,
        "spreads": spreads,
        "charted": min(len(spreads), MOST_BARS),
        "spread_chart": label_spreads(spreads[:MOST_BARS]) if spreads else None,
    }
    return render(request, "replica/flow_labels.html", context)
