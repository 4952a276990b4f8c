"""What the member watches: for the buttons of its page, and for the badge in the rail."""

from typing import Any

from django import template

from statetrace_ui.watch.queries import MOST_UNREAD, unread_lately, watched_keys

register = template.Library()


@register.simple_tag(takes_context=True)
def is_watched(context: template.Context, kind: str, target: object) -> bool:
    """Asked for once a page, however many buttons it has."""
    request: Any = context["request"]
    if not hasattr(request, "watched"):
        request.watched = watched_keys(request.membership)
    return (kind, str(target)) in request.watched


@register.simple_tag(takes_context=True)
def unread_count(context: template.Context) -> str:
    """How much the member has not read, as of some seconds ago; '' for nothing."""
    membership = getattr(context["request"], "membership", None)
    if membership is None:
        return ""
    count = unread_lately(membership)
    return f"{count}{'+' * (count >= MOST_UNREAD)}" if count else ""
