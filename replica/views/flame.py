"""The flame graph of a captured session: a page, and the versioned data that its canvas draws from.

Data carries the blocks' version in its address, so browsers keep it for ever; `thread` is a number within that version.
"""

from typing import Any

import orjson
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from replica.profiles import call_lookup
from replica.profiles.asked import asked_stacks
from replica.profiles.blocks import Blocks
from replica.profiles.call_tree import merge_calls
from replica.profiles.forms import CallQuery, MergedQuery, SearchQuery
from replica.profiles.lod import STEP, TILE_BINS
from replica.profiles.payloads import method_table, tree_columns
from replica.profiles.search import find, matching_methods
from replica.profiles.service import NoCalls, SessionProfile, profile_for, thread_at
from replica.profiles.stacks import Stacks, select
from replica.profiles.tiles import LEAST_BIN_PX, first_tiles, tile_bytes, tile_exists
from replica.queries.calls import method
from replica.queries.labels import labels
from replica.queries.sessions import length_ms, session_or_404
from replica.views.access import replica_view
from replica.views.head import head_context
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request
from statetrace_ui.web.timeline import colour_of

OFFERED_LABELS = 500
FOREVER = "private, max-age=31536000, immutable"


@replica_view
def page(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The page. Blocks that are not on disk yet are built by a second request, so that something shows meanwhile."""
    try:
        profile = profile_for(request.organisation, alias, session_id)
    except NoCalls:
        context = head_context(alias, session_or_404(alias, session_id)) | {"no_calls": True}
        return render(request, "replica/flame.html", context, status=404)
    if request.htmx:
        length = length_ms(alias, profile.session)
        return render(request, "replica/flame.html#profile", _profile(alias, profile, length))
    context = head_context(alias, profile.session) | {"building": not profile.built}
    if profile.built:
        context |= _profile(alias, profile, context["length"])
    return render(request, "replica/flame.html", context)


def _profile(alias: str, profile: SessionProfile, length: float) -> dict[str, Any]:
    """What the profile's part of the page shows; `length` is the session's, in ms."""
    blocks = profile.blocks()
    return {
        "config": _config(profile, blocks, length),
        "threads": sorted(enumerate(blocks.threads), key=lambda pair: (-pair[1].busy, pair[0])),
        "blocks": blocks,
        "calls": sum(thread.calls for thread in blocks.threads),
        "opening": first_tiles(blocks),
        "session_id": profile.session.session_id,
        "labels": labels(alias, profile.session.session_id)[:OFFERED_LABELS],
        "packages": sorted({method.package for method in blocks.methods} - {""}),
    }


def _config(profile: SessionProfile, blocks: Blocks, length: float) -> dict[str, Any]:
    """What static/js/flame knows of the profile and of its tiles: `origin` and `extent` in µs, `length` in ms."""
    methods = reverse("replica:flame_methods", args=[profile.session.session_id, profile.version])
    return {
        "base": methods.removesuffix("methods/"),
        "origin": blocks.origin,
        "extent": blocks.extent,
        "length": length,
        "top": blocks.levels[-1],
        "step": STEP,
        "bins": TILE_BINS,
        "bin_px": LEAST_BIN_PX,
        "cpu": blocks.has_cpu,
    }


@replica_view
def methods(request: Request, alias: str, session_id: str, version: str) -> HttpResponse:
    """Names, packages and colours of all methods, by method number: {names, packages, package: […], colours}."""
    return json_answer(method_table(blocks_for(request, alias, session_id, version).methods), FOREVER)


@replica_view
def tile(
    request: Request, alias: str, session_id: str, version: str, thread: int, level: int, index: int
) -> HttpResponse:
    """One tile; replica/profiles/tiles.py describes its bytes."""
    blocks = blocks_for(request, alias, session_id, version)
    if not tile_exists(blocks, level, index):
        raise UserError("This profile has no such tile.", "Reload the page.", status=404)
    body = tile_bytes(blocks, thread_at(blocks, thread), level, index)
    headers = {"Content-Encoding": "deflate", "Cache-Control": FOREVER}
    return HttpResponse(body, content_type="application/octet-stream", headers=headers)


@replica_view
def merged(request: Request, alias: str, session_id: str, version: str, thread: int | None) -> HttpResponse:
    """The merged tree of a thread or of all: {total, calls, nodes: {parent: […], method: […], …}}, parents first."""
    query = parse_query(MergedQuery, request).cleaned_data
    blocks, stacks = stacks_for(request, alias, session_id, version, thread, query)
    tree = merge_calls(stacks, len(blocks.methods), query["path"], query["share"])
    return json_answer(tree_columns(tree), FOREVER)


@replica_view
def call(request: Request, alias: str, session_id: str, version: str, thread: int) -> HttpResponse:
    """The exact call at a position, as a fragment for the inspector."""
    query = parse_query(CallQuery, request).cleaned_data
    profile = profile_for(request.organisation, alias, session_id, version)
    blocks = profile.blocks()
    chosen = thread_at(blocks, thread)
    call = call_lookup.call_at(blocks, chosen, query["depth"], query["at"])
    if call is None:
        raise UserError("No call of this thread is that deep.", "Select one that is drawn.", status=404)
    context = {
        "call": call,
        "number": int(blocks.first_of_name[call.number]),
        "around": call_lookup.surroundings(blocks, chosen, call),
        "method": method(alias, session_id, call.method.process_id, call.method.id),
        "colour": colour_of(call.method.package),
        "thread": chosen,
        "has_cpu": blocks.has_cpu,
    }
    return render(request, "replica/flame.html#call", context)


@replica_view
def search(request: Request, alias: str, session_id: str, version: str, thread: int | None) -> HttpResponse:
    """Methods whose name contains a text, and what their calls in this thread, or in all, add up to."""
    text = parse_query(SearchQuery, request).cleaned_data["q"]
    blocks = blocks_for(request, alias, session_id, version)
    calls = select(blocks, None if thread is None else thread_at(blocks, thread))
    mask = matching_methods(((method.name, method.package) for method in blocks.methods), text)
    return json_answer(find(mask, calls, blocks.extent), "private, max-age=300")


def blocks_for(request: Request, alias: str, session_id: str, version: str) -> Blocks:
    return profile_for(request.organisation, alias, session_id, version).blocks()


def stacks_for(
    request: Request, alias: str, session_id: str, version: str, thread: int | None, query: dict[str, Any]
) -> tuple[Blocks, Stacks]:
    """The blocks, and their stacks as a `StacksQuery` asks for them; of all threads where none is given."""
    blocks = blocks_for(request, alias, session_id, version)
    if query["weight"] == "cpu" and not blocks.has_cpu:
        raise UserError("This profile has no CPU times.", "Look at wall time.")
    chosen = None if thread is None else thread_at(blocks, thread)
    return blocks, asked_stacks(blocks, chosen, query)


def json_answer(value: Any, cache: str) -> HttpResponse:
    return HttpResponse(orjson.dumps(value), content_type="application/json", headers={"Cache-Control": cache})
