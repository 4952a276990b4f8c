"""Renders a page, or only the fragment that htmx asks for."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from statetrace_ui.web.requests import Request


def page_or_partial(request: Request, template: str, context: dict[str, Any], partial: str) -> HttpResponse:
    """The whole page; for an htmx request that is no history restore, the page's `{% partialdef %}` `partial`."""
    wants_partial = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    return render(request, f"{template}#{partial}" if wants_partial else template, context)
