"""Renders a page, or only the fragment that htmx asks for."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from statetrace_ui.web.requests import Request
from statetrace_ui.web.timeline import Timeline


def timeline_context(request: Request, timeline: Timeline) -> dict[str, Any]:
    """What `web/timeline.html` draws: its JSON, and the place that its lanes take as the address folds them."""
    fold = request.GET.get("fold")
    place = timeline.heights(None if fold is None else set(fold.split(",")))
    return {"timeline": timeline.as_json(), "place": place}


def page_or_partial(
    request: Request, template: str, context: dict[str, Any], partial: str, status: int = 200
) -> HttpResponse:
    """The whole page; for an htmx request that is no history restore, the page's `{% partialdef %}` `partial`."""
    wants_partial = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    return render(request, f"{template}#{partial}" if wants_partial else template, context, status=status)
