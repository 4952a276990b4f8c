"""How long labels took: in one session, and over all sessions of its user flow."""

from collections import defaultdict
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from replica import figures, queries
from replica.schema.models import SessionLabel
from replica.series.statistics import summarise
from replica.views.access import replica_view
from replica.views.session import header
from statetrace_ui.web.requests import Request
from statetrace_ui.web.timeline import colour_of

MOST_BARS = 60  # a chart of more rows is not read; the table below it has all


@replica_view
def session_labels(request: Request, alias: str, session_id: str) -> HttpResponse:
    """This session's labels in order of time, and where each lies among the flow's sessions."""
    session = queries.session_or_404(alias, session_id)
    labels = queries.labels(alias, session_id)
    timed = [label for label in labels if label.end_time > label.start_time]
    durations = queries.label_durations(alias, session.user_flow_id)
    spreads = _spreads(durations, timed)
    charted = _longest(timed)
    context = header(alias, session) | {
        "labels": [_row(label) for label in timed],
        "instants": len(labels) - len(timed),
        "spreads": spreads,
        "charted": len(charted),
        "bars_chart": figures.label_bars([_bar(label) for label in charted]) if charted else None,
        "spread_chart": figures.label_spreads(spreads[:MOST_BARS]) if spreads else None,
    }
    return render(request, "replica/labels.html", context)


@replica_view
def flow_labels(request: Request, alias: str, user_flow_id: str) -> HttpResponse:
    """The distribution of every label's duration over a flow's sessions."""
    flow = queries.flow_or_404(alias, user_flow_id)
    spreads = _spreads(queries.label_durations(alias, user_flow_id))
    context = {
        "flow": flow,
        "spreads": spreads,
        "charted": min(len(spreads), MOST_BARS),
        "spread_chart": figures.label_spreads(spreads[:MOST_BARS]) if spreads else None,
    }
    return render(request, "replica/flow_labels.html", context)


def moment_address(session_id: str, start: float, end: float) -> str:
    """The session page, zoomed to a stretch of time with a little around it."""
    around = (end - start) * 0.25
    parameters = urlencode({"from": f"{max(0.0, start - around):.3f}", "to": f"{end + around:.3f}"})
    return f"{reverse('replica:session', args=[session_id])}?{parameters}"


def _row(label: SessionLabel) -> dict[str, Any]:
    return {
        "label": label,
        "colour": colour_of(label.category or ""),
        "ms": label.end_time - label.start_time,
        "href": moment_address(label.session_id, label.start_time, label.end_time),
    }


def _longest(labels: list[SessionLabel]) -> list[SessionLabel]:
    """The longest labels, still in order of time."""
    longest = sorted(labels, key=lambda label: label.start_time - label.end_time)[:MOST_BARS]
    return sorted(longest, key=lambda label: (label.start_time, -label.end_time))


def _bar(label: SessionLabel) -> figures.LabelBar:
    return figures.LabelBar(
        name=label.name,
        category=label.category or "",
        colour=colour_of(label.category or ""),
        start=label.start_time,
        end=label.end_time,
        href=moment_address(label.session_id, label.start_time, label.end_time),
    )


def _spreads(durations: list[dict[str, Any]], labels: list[SessionLabel] | None = None) -> list[figures.Spread]:
    """A spread for each name in `labels` (else for all names, the most frequent first), over all given durations.

    The session looked at shows its own values even if it is left out of the durations because it is Excluded.
    """
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in durations:
        by_name[row["name"]].append(row)
    here: dict[str, list[float]] = defaultdict(list)
    for label in labels or []:
        here[label.name].append(label.end_time - label.start_time)
    names = list(here) if labels is not None else sorted(by_name, key=lambda name: -len(by_name[name]))
    return [_spread(name, by_name[name], here.get(name, [])) for name in names if by_name[name]]


def _spread(name: str, rows: list[dict[str, Any]], here: list[float]) -> figures.Spread:
    summary = summarise([row["ms"] for row in rows])
    if summary is None:
        raise ValueError("a spread needs at least one duration")
    return figures.Spread(
        name=name,
        colour=colour_of(rows[0]["category"] or ""),
        values=[row["ms"] for row in rows],
        hrefs=[moment_address(row["session_id"], row["start_time"], row["start_time"] + row["ms"]) for row in rows],
        summary=summary,
        here=here,
    )
