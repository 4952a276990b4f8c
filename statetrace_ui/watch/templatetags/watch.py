"""Whether the member watches something, for the buttons of its page."""

from typing import Any

from django import template

from statetrace_ui.watch.queries import watched_keys

register = template.Library()


@register.simple_tag(takes_context=True)
def is_watched(context: template.Context, kind: str, target: object) -> bool:
    """Asked for once a page, however many buttons it has."""
    request: Any = context["request"]
    if not hasattr(request, "watched"):
        request.watched = watched_keys(request.membership)
    return (kind, str(target)) in request.watched
