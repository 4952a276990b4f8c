"""The flame graphs of two sessions in one: a page, the tree that its canvas draws, and the table beside it.

The session in the path is the base, the one in the query is compared with it. Both may be restricted to a label.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from replica.forms import DiffForm
from replica.profiles.asked import asked_stacks
from replica.profiles.blocks import Blocks, Thread
from replica.profiles.diff_rows import diff_columns, diff_rows, paired, paired_methods, ranked, relative
from replica.profiles.pairs import same_label, same_thread
from replica.profiles.service import profile_for
from replica.profiles.stacks import Span, Stacks
from replica.profiles.tree_diff import merge_both
from replica.queries.calls import has_cpu_times, threads
from replica.queries.flows import SessionFilter, flow_sessions
from replica.queries.labels import labels
from replica.queries.sessions import SessionRow, length_ms, session_or_404, session_rows
from replica.schema.models import SessionLabel, SessionMetadata
from replica.views.access import replica_view
from replica.views.flame import json_answer
from replica.views.head import head_context
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request

OFFERED = 30  # sessions to compare with
OFFERED_LABELS = 500
MORE_ROWS, MOST_ROWS = 200, 2000
NO_STORE = "no-store"  # the address names no version
MsSpan = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sides:
    """The blocks of base and new, and those of their stacks that are compared."""

    blocks: tuple[Blocks, Blocks]
    stacks: tuple[Stacks, Stacks]


@replica_view
def page(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The page; without a session to compare with, a list of them."""
    form = parse_query(DiffForm, request)
    base = session_or_404(alias, session_id)
    context = head_context(alias, base) | {"form": form, "others": others(alias, base)}
    chosen = form.cleaned_data["with"]
    if chosen:
        new = session_or_404(alias, chosen)
        mine, theirs = labels(alias, session_id), labels(alias, chosen)
        label, other_label = same_label(form.cleaned_data["label"], mine, theirs)
        context |= {"new": new, "new_length": length_ms(alias, new), "labels": mine[:OFFERED_LABELS]}
        context |= {"label": label, "other_label": other_label, "threads": threads(alias, session_id)}
        context |= {"config": _config(session_id), "swapped": _swapped(form.cleaned_data, session_id, other_label)}
        context |= {"cpu": has_cpu_times(alias, [session_id, chosen])}
    return render(request, "replica/flame_diff.html", context)


def _config(session_id: str) -> dict[str, str]:
    """What static/js/flame/diff knows of the page."""
    return {name: reverse(f"replica:flame_diff_{name}", args=[session_id]) for name in ("tree", "table")}


def _swapped(query: dict[str, Any], session_id: str, label: SessionLabel | None) -> str:
    """The same comparison the other way round."""
    values = {"with": session_id, "label": label.label_id if label else None}
    kept = {name: query[name] for name in ("from", "to", "weight", "scale")}
    parameters = {name: value for name, value in (values | kept).items() if value is not None}
    return f"{reverse('replica:flame_diff', args=[query['with']])}?{urlencode(parameters)}"


def others(alias: str, session: SessionMetadata) -> list[SessionRow]:
    """The newest other sessions of the flow that have calls."""
    newest = flow_sessions(alias, session.user_flow_id, SessionFilter()).order_by("-start_time", "session_id")
    rows = session_rows(alias, list(newest.exclude(session_id=session.session_id)[:OFFERED]))
    return [row for row in rows if row.holds.calls]


@replica_view
def tree(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The tree of both: see `DiffColumns`."""
    query = parse_query(DiffForm, request).cleaned_data
    sides = compared(request, alias, session_id, query)
    base, new = sides.blocks
    pairing = paired(base.methods, new.methods)
    merged = merge_both(*sides.stacks, pairing)
    return json_answer(diff_columns(merged, paired_methods(base.methods, new.methods, pairing)), NO_STORE)


@replica_view
def table(request: Request, alias: str, session_id: str) -> HttpResponse:
    """What each method takes on both sides, as a fragment."""
    query = parse_query(DiffForm, request).cleaned_data
    sides = compared(request, alias, session_id, query)
    base, new = sides.blocks
    pairing = paired(base.methods, new.methods)
    rows = diff_rows(sides.stacks, pairing, paired_methods(base.methods, new.methods, pairing))
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


def compared(request: Request, alias: str, session_id: str, query: dict[str, Any]) -> Sides:
    """Both sides as the query narrows them."""
    if not query["with"]:
        raise UserError("This address names no session to compare with.", "Choose one on the page.")
    ids = session_id, query["with"]
    base, new = (profile_for(request.organisation, alias, one).blocks() for one in ids)
    if query["weight"] == "cpu" and not (base.has_cpu and new.has_cpu):
        raise UserError("One of these profiles has no CPU times.", "Compare wall time.")
    spans = _spans(alias, ids, query)
    threads = _threads((base, new), query)
    stacks = [
        asked_stacks(blocks, thread, query | {"span": _within(blocks, span)})
        for blocks, thread, span in zip((base, new), threads, spans, strict=True)
    ]
    return Sides((base, new), (stacks[0], stacks[1]))


def _threads(blocks: tuple[Blocks, Blocks], query: dict[str, Any]) -> tuple[Thread | None, Thread | None]:
    """The thread that the query names by its ids in the base, and the other side's of that name; all without one."""
    mine, theirs = (side.threads for side in blocks)
    key = query["process"], query["thread"]
    if None in key:
        return None, None
    thread = next((one for one in mine if (one.process_id, one.id) == key), None)
    other = thread and same_thread(thread, mine, theirs)
    if thread is None or other is None:
        raise UserError("One of these sessions has no such thread.", "Compare all threads.", status=404)
    return thread, other


def _spans(alias: str, ids: tuple[str, str], query: dict[str, Any]) -> tuple[MsSpan | None, MsSpan | None]:
    """The part of each session that is compared, in ms after its start: a label's, or the same on both sides."""
    if not query["label"]:
        start, end = query["from"], query["to"]
        both = None if start is None or end is None else (start, end)
        return both, both
    mine, theirs = same_label(query["label"], *(labels(alias, one) for one in ids))
    if mine is None or theirs is None:
        raise UserError("One of these sessions has no such label.", "Compare the whole sessions.", status=404)
    return (mine.start_time, mine.end_time), (theirs.start_time, theirs.end_time)


def _within(blocks: Blocks, span: MsSpan | None) -> Span | None:
    """The span in µs since the first call; one before the first call is empty."""
    if span is None:
        return None
    start, end = (max(0, round(ms * 1000) - blocks.origin) for ms in span)
    return start, end
