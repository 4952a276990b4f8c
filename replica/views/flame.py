"""The flame graph of a captured session: a page, and the versioned data that its canvas draws from.

Data carries the blocks' version in its address, so browsers keep it for ever; `thread` is a number within that version.
"""

from dataclasses import fields
from typing import Any

import orjson
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from replica.profiles import call_lookup
from replica.profiles.blocks import Blocks, Method
from replica.profiles.call_tree import Node, merge_calls
from replica.profiles.forms import CallQuery, MergedQuery, SearchQuery
from replica.profiles.search import find, matching_methods
from replica.profiles.service import SessionProfile, profile_for, thread_at
from replica.profiles.thread_calls import thread_calls
from replica.profiles.tiles import first_tiles, tile_bytes, tile_exists
from replica.schema.models import FunctionCallMethod
from replica.views.access import replica_view
from replica.views.session import header
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request
from statetrace_ui.web.timeline import colour_of

FOREVER = "private, max-age=31536000, immutable"


@replica_view
def page(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The page. Blocks that are not on disk yet are built by a second request, so that something shows meanwhile."""
    source = profile_for(request.organisation, alias, session_id)
    if request.htmx:
        return render(request, "replica/flame.html#profile", _profile(source))
    context = header(alias, source.session) | {"building": not source.built}
    if source.built:
        context |= _profile(source)
    return render(request, "replica/flame.html", context)


def _profile(source: SessionProfile) -> dict[str, Any]:
    blocks = source.blocks()
    threads = sorted(enumerate(blocks.threads), key=lambda pair: (-pair[1].busy, pair[0]))
    config = {
        "base": reverse("replica:flame_methods", args=[source.session.session_id, source.version]).removesuffix(
            "methods/"
        ),
        "origin": blocks.origin,
        "extent": blocks.extent,
        "top": blocks.levels[-1],
        "cpu": blocks.has_cpu,
    }
    return {
        "config": config,
        "threads": threads,
        "blocks": blocks,
        "calls": sum(t.calls for t in blocks.threads),
        "opening": first_tiles(blocks),
    }


@replica_view
def methods(request: Request, alias: str, session_id: str, version: str) -> HttpResponse:
    """Names, packages and colours of all methods, by method number: {names, packages, package: […], colours}."""
    blocks = _blocks(request, alias, session_id, version)
    packages = sorted({method.package for method in blocks.methods})
    number = {package: place for place, package in enumerate(packages)}
    return _json(
        {
            "names": [method.name for method in blocks.methods],
            "packages": packages,
            "package": [number[method.package] for method in blocks.methods],
            "colours": [colour_of(package) for package in packages],
        },
        FOREVER,
    )


@replica_view
def tile(
    request: Request, alias: str, session_id: str, version: str, thread: int, level: int, index: int
) -> HttpResponse:
    """One tile; replica/profiles/tiles.py describes its bytes."""
    blocks = _blocks(request, alias, session_id, version)
    if not tile_exists(blocks, level, index):
        raise UserError("This profile has no such tile.", "Reload the page.", status=404)
    body = tile_bytes(blocks, thread_at(blocks, thread), level, index)
    headers = {"Content-Encoding": "deflate", "Cache-Control": FOREVER}
    return HttpResponse(body, content_type="application/octet-stream", headers=headers)


@replica_view
def merged(request: Request, alias: str, session_id: str, version: str, thread: int) -> HttpResponse:
    """The thread's merged tree: {total, calls, nodes: {parent: […], method: […], …}}, parents before children."""
    query = parse_query(MergedQuery, request).cleaned_data
    blocks = _blocks(request, alias, session_id, version)
    if query["weight"] == "cpu" and not blocks.has_cpu:
        raise UserError("This profile has no CPU times.", "Look at wall time.")
    columns = thread_calls(blocks, thread_at(blocks, thread), query["weight"])
    tree = merge_calls(columns, len(blocks.methods), query["path"])
    nodes = {f.name: [getattr(node, f.name) for node in tree.nodes] for f in fields(Node)}
    return _json({"total": tree.total, "calls": tree.calls, "nodes": nodes}, FOREVER)


@replica_view
def call(request: Request, alias: str, session_id: str, version: str, thread: int) -> HttpResponse:
    """The exact call at a position, as a fragment for the inspector."""
    query = parse_query(CallQuery, request).cleaned_data
    source = profile_for(request.organisation, alias, session_id, version)
    blocks = source.blocks()
    chosen = thread_at(blocks, thread)
    found = call_lookup.call_at(blocks, chosen, query["depth"], query["at"])
    if found is None:
        raise UserError("No call of this thread is that deep.", "Select one that is drawn.", status=404)
    context = {
        "call": found,
        "around": call_lookup.surroundings(blocks, chosen, found),
        "method": _method(source, found.method),
        "colour": colour_of(found.method.package),
        "thread": chosen,
        "has_cpu": blocks.has_cpu,
    }
    return render(request, "replica/flame.html#call", context)


@replica_view
def search(request: Request, alias: str, session_id: str, version: str, thread: int) -> HttpResponse:
    """Methods whose name contains a text, and what their calls in this thread add up to."""
    text = parse_query(SearchQuery, request).cleaned_data["q"]
    blocks = _blocks(request, alias, session_id, version)
    calls = thread_calls(blocks, thread_at(blocks, thread), "wall")
    mask = matching_methods(((method.name, method.package) for method in blocks.methods), text)
    return _json(find(mask, calls, blocks.extent), "private, max-age=300")


def _blocks(request: Request, alias: str, session_id: str, version: str) -> Blocks:
    return profile_for(request.organisation, alias, session_id, version).blocks()


def _method(source: SessionProfile, method: Method) -> FunctionCallMethod | None:
    """The method's whole row; a method that is only referred to has none."""
    rows = FunctionCallMethod.objects.using(source.alias)
    found: FunctionCallMethod | None = rows.filter(
        session_id=source.session.session_id, process_id=method.process_id, id=method.id
    ).first()
    return found


def _json(value: Any, cache: str) -> HttpResponse:
    return HttpResponse(orjson.dumps(value), content_type="application/json", headers={"Cache-Control": cache})
