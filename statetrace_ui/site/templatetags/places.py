"""The main navigation in templates."""

from django import template
from django.urls import ResolverMatch

from statetrace_ui.site.places import PLACES, Place

register = template.Library()


@register.simple_tag
def places() -> tuple[Place, ...]:
    return PLACES


@register.filter
def holds(place: Place, page: ResolverMatch | None) -> bool:
    """Whether the page lies at the place: by its own name where a place has that, else by its namespace."""
    if page is None:
        return False
    named = any(page.view_name in one.below for one in PLACES)
    return (page.view_name if named else page.namespace) in place.below
