"""Numbers of foreign units and names of formats, as the pages about captured sessions show them."""

from django import template

from replica.importing import formats

register = template.Library()


@register.filter
def significant(value: float | None) -> str:
    """Six significant digits, exponents only where the number needs them: 1,234.57, 3.2e-09."""
    if value is None:
        return "–"
    if 1e-4 <= abs(value) < 1e15 or not value:
        digits = max(0, 6 - len(str(int(abs(value)))))
        text = f"{value:,.{digits}f}" if abs(value) >= 1 else f"{value:.6g}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.6g}"


@register.simple_tag
def import_formats() -> str:
    """Every format that can be imported: `Android method trace (.trace), … and labels (.json)`."""
    return formats.titles()
