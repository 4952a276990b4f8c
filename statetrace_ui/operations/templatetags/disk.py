"""What takes how much disk, on pages that other rooms own."""

from django import template

from statetrace_ui.history.models import Source
from statetrace_ui.operations.disk.models import DiskMeasure
from statetrace_ui.operations.disk.shown import size_of_source

register = template.Library()


@register.simple_tag
def measured_size(source: Source) -> DiskMeasure | None:
    """Rows and bytes of the source's history when they were last measured; None if they never were."""
    return size_of_source(source)
