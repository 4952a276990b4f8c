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
    """Whether the page lies at the place."""
    return not place.below.isdisjoint((page.view_name, page.namespace)) if page else False
