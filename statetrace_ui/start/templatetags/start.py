"""First steps on pages that other rooms own."""

from typing import Any

from django import template

from statetrace_ui.start import dismissals
from statetrace_ui.start.shown import Shown, shown_steps
from statetrace_ui.start.snippets import SNIPPETS, Snippet

register = template.Library()


@register.simple_tag(takes_context=True)
def first_steps(context: dict[str, Any]) -> Shown | None:
    """The viewer's first steps; None where they are put aside, or all taken."""
    request = context["request"]
    if dismissals.is_dismissed(request.membership, dismissals.FIRST_STEPS):
        return None
    shown = shown_steps(request.organisation)
    return None if shown.all_done else shown


@register.simple_tag
def snippets() -> tuple[Snippet, ...]:
    return SNIPPETS
