"""What needs attention, for the rail, the title and the first page."""

from typing import Any

from django import template

from statetrace_ui.attention.gathering import lately
from statetrace_ui.attention.queries import Attention, Looked, Shown, attention_of, looked
from statetrace_ui.web.concerns import Kind

register = template.Library()


@register.simple_tag(takes_context=True)
def attention(context: template.Context) -> Attention | None:
    """As it was some seconds ago at most, one answer for the whole page. None where nobody is there as a member."""
    request: Any = context.get("request")
    if getattr(request, "membership", None) is None:
        return None
    if not hasattr(request, "attention"):
        request.attention = attention_of(request.membership, lately(request.organisation))
    found: Attention = request.attention
    return found


@register.simple_tag(takes_context=True)
def last_look(context: template.Context) -> Looked:
    """When a worker last looked."""
    return looked(context["request"].membership)


@register.simple_tag
def badge(attention: Attention | None, kinds: frozenset[Kind]) -> list[Shown]:
    """What of these kinds the member has not seen."""
    return attention.of(kinds) if attention else []
