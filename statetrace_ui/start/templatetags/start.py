"""First steps on pages that other rooms own."""

from typing import Any

from django import template
from django.urls import reverse

from statetrace_ui.start.dismissals import FIRST_STEPS, TOUR, is_dismissed
from statetrace_ui.start.shown import Shown, shown_steps
from statetrace_ui.start.snippets import SNIPPETS, Snippet
from statetrace_ui.start.tour import BY_SLUG, PARAMETER, STOPS, address, is_offered, neighbours
from statetrace_ui.web.models import Organisation

register = template.Library()


@register.simple_tag(takes_context=True)
def first_steps(context: dict[str, Any]) -> Shown | None:
    """The viewer's first steps; None where they are put aside, or all taken."""
    request = context["request"]
    if is_dismissed(request.membership, FIRST_STEPS):
        return None
    shown = shown_steps(request.organisation)
    return None if shown.all_done else shown


@register.inclusion_tag("start/tour.html", takes_context=True)
def tour(context: dict[str, Any]) -> dict[str, Any]:
    """The card of the stop that the address names; on the first page the invitation, until somebody has left."""
    request: Any = context.get("request")
    organisation: Organisation | None = getattr(request, "organisation", None)
    if organisation is None or not is_offered(organisation):
        return {}
    stop = BY_SLUG.get(request.GET.get(PARAMETER, ""))
    if stop is None and request.path == reverse("home") and not is_dismissed(request.membership, TOUR):
        stop = STOPS[0]
    if stop is None:
        return {}
    before, after = (near and {"title": near.title, "url": address(near, organisation)} for near in neighbours(stop))
    number = STOPS.index(stop) + 1
    return {"stop": stop, "number": number, "of": len(STOPS), "before": before, "after": after, "request": request}


@register.simple_tag
def snippets() -> tuple[Snippet, ...]:
    return SNIPPETS
