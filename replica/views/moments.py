"""Two moments side by side, one of each group that is compared, and all that is paired around them."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from replica.addresses import SessionAddresses, compared_address, explained_address
from replica.comparisons.inside import around_of, paired_inside
from replica.comparisons.rows import rows_of, sample_address
from replica.forms import AskedGroupsForm, MomentsForm
from replica.queries.flows import flow_or_404
from replica.queries.sessions import session_or_404
from replica.schema.models import SessionMetadata
from replica.views.access import replica_view
from replica.views.compared_lines import Lines
from replica.views.flame_sides import asked_groups
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request

LISTED = 60  # of each kind


@dataclass(frozen=True, slots=True)
class Pane:
    """A moment: the page of the session that shows it, and the fragment that tells what happened in it."""

    side: str
    word: str
    session: SessionMetadata | None
    href: str = ""
    fragment: str = ""


@replica_view
def moments(request: Request, alias: str) -> HttpResponse:
    query = parse_query(MomentsForm, request).cleaned_data
    label = {"label": query["label"]}
    context = {
        "flow": flow_or_404(alias, query["flow"]),
        "what": query["what"] or "Both sides",
        "label": query["label"],
        "panes": [_pane(alias, side, query) for side in ("base", "new")],
        "compared": compared_address("compare", query),
        "difference": compared_address("flame_diff", query, **label),
        "inside": compared_address("compare_inside", query, **label),
    }
    return render(request, "replica/moments.html", context)


def _pane(alias: str, side: str, query: dict[str, Any]) -> Pane:
    session_id, word = query[f"{side}_session"], side.title()
    if not session_id:
        return Pane(side, word, None)
    session, addresses = session_or_404(alias, session_id), SessionAddresses(session_id)
    exchange, first, last = (query[f"{side}_{name}"] for name in ("exchange", "from", "to"))
    if exchange is not None:
        return Pane(side, word, session, f"{addresses.network()}?at={exchange}", addresses.exchange(exchange))
    if first is None or last is None or first >= last:
        return Pane(side, word, session, addresses.session(), addresses.explained())
    return Pane(side, word, session, explained_address(session_id, first, last), addresses.explained(first, last))


@replica_view
def inside(request: Request, alias: str) -> HttpResponse:
    """All that is paired in a label, or in the whole sessions, with the values of both sides."""
    query = parse_query(AskedGroupsForm, request).cleaned_data
    question, groups = asked_groups(request.organisation, alias, query)
    around = around_of(alias, groups, query["label"])
    made = Lines(query, groups)
    families = paired_inside(request.organisation, alias, groups, around).items()
    context = {
        "flow": question.flow,
        "around": around,
        "compared": compared_address("compare", query),
        "families": [
            (
                name,
                made.of([row for one in entries[:LISTED] for row in rows_of([one], sample_address, around)]),
                len(entries),
            )
            for name, entries in families
        ],
        "listed": LISTED,
    }
    return page_or_partial(request, "replica/compare_inside.html", context, "inside")
