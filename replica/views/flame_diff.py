"""The flame graphs of two groups of sessions in one: a page, the tree that its canvas draws, and the table beside it.

The groups are those of a comparison, with the same parameters in the address; two sessions are two groups of one.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from replica.addresses import compared_address
from replica.compare.selection import of_sessions
from replica.forms import DiffForm
from replica.profiles.diff_rows import DiffColumns, diff_columns, diff_rows, ranked, relative
from replica.profiles.pairs import busiest
from replica.profiles.tree_diff import merge_sides
from replica.queries.calls import has_cpu_times
from replica.queries.flows import SessionFilter, flow_sessions
from replica.queries.sessions import SessionRow, session_or_404, session_rows
from replica.schema.models import SessionMetadata
from replica.views.access import replica_view
from replica.views.flame import json_answer
from replica.views.flame_sides import Merged, asked_groups, asked_labels, merged_sides
from replica.views.head import head_context
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request

OFFERED = 30  # sessions to compare with
OFFERED_LABELS = 500
OFFERED_THREADS = 200
MORE_ROWS, MOST_ROWS = 200, 2000
NO_STORE = "no-store"  # the address names no version


@dataclass(frozen=True, slots=True)
class DiffAnswer:
    """The tree of both sides; told: which sessions of each it is of; threads: which there are."""

    tree: DiffColumns
    told: list[str]
    threads: list[str]


@replica_view
def page(request: Request, alias: str) -> HttpResponse:
    form = parse_query(DiffForm, request)
    query = form.cleaned_data
    question, groups = asked_groups(request.organisation, alias, query)
    with_calls = [[one.session_id for one in side if one.has_calls] for side in (groups.base, groups.new)]
    kept = {name: request.GET.get(name, "") for name in ("label", "weight", "scale", "of")}
    context = {
        "form": form,
        "question": question,
        "groups": groups,
        "labels": asked_labels(alias, groups)[:OFFERED_LABELS],
        "have_calls": all(with_calls),
        "cpu": has_cpu_times(alias, [*with_calls[0], *with_calls[1]]),
        "config": {name: reverse(f"replica:flame_diff_{name}") for name in ("tree", "table")},
        "compared": compared_address("compare", query),
        "swapped": compared_address("flame_diff", query | {"base": query["new"], "new": query["base"]}, **kept),
    }
    return render(request, "replica/flame_diff.html", context)


@replica_view
def tree(request: Request, alias: str) -> HttpResponse:
    """The tree of both: see `DiffAnswer`."""
    merged = merged_sides(request.organisation, alias, parse_query(DiffForm, request).cleaned_data)
    made = merge_sides(merged.stacks, len(merged.methods))
    columns = diff_columns(made, merged.methods, [len(side) for side in merged.stacks])
    return json_answer(DiffAnswer(columns, [merged.base.told, merged.new.told], _threads(merged)), NO_STORE)


def _threads(merged: Merged) -> list[str]:
    return busiest([blocks.threads for blocks in (*merged.base.blocks, *merged.new.blocks)], OFFERED_THREADS)


@replica_view
def table(request: Request, alias: str) -> HttpResponse:
    """What each method takes on both sides, as a fragment."""
    query = parse_query(DiffForm, request).cleaned_data
    merged = merged_sides(request.organisation, alias, query)
    rows = diff_rows(merged.stacks, merged.methods)
    if query["scale"] == "share":
        rows = relative(rows)
    found = ranked(rows, query["q"], query["sort"])
    shown = query["rows"]
    context = {
        "rows": found[:shown],
        "count": len(found),
        "more": min(shown + MORE_ROWS, MOST_ROWS) if len(found) > shown < MOST_ROWS else None,
        "columns": [("name", "Method"), ("own", "Self"), ("total", "Total"), ("calls", "Calls")],
        "sort": query["sort"],
        "relative": query["scale"] == "share",
    }
    return render(request, "replica/flame_diff_table.html", context)


@replica_view
def others(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The sessions with which a session's calls can be compared."""
    session = session_or_404(alias, session_id)
    groups = {"flow": session.user_flow_id, "base": of_sessions([session_id]), "excluded": True}
    offered: list[tuple[SessionRow, str]] = [
        (row, compared_address("flame_diff", groups | {"new": of_sessions([row.session.session_id])}))
        for row in _others(alias, session)
    ]
    return render(request, "replica/flame_others.html", head_context(alias, session) | {"others": offered})


def _others(alias: str, session: SessionMetadata) -> list[SessionRow]:
    """The newest other sessions of the flow that have calls."""
    newest: Any = flow_sessions(alias, session.user_flow_id, SessionFilter()).order_by("-start_time", "session_id")
    rows: list[SessionRow] = session_rows(alias, list(newest.exclude(session_id=session.session_id)[:OFFERED]))
    return [row for row in rows if row.holds.calls]
