"""Render a page, or only the fragment of it that was asked for."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from statetrace_ui.web.requests import Request


def page_or_partial(request: Request, template: str, context: dict[str, Any], partial: str) -> HttpResponse:
    """The whole page, or for an htmx request (history restores aside) the page's `{% partialdef %}` of that name."""
    wants_partial = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    return render(request, f"{template}#{partial}" if wants_partial else template, context)
