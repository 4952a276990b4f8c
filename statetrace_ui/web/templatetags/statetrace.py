"""Numbers with units, times with zones: absolute for the record, relative for the eye."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from statetrace_ui.web import tones

register = template.Library()

SIZES = ("B", "kB", "MB", "GB", "TB")


@register.filter
def duration(ms: float | Decimal | None) -> str:
    """Milliseconds in the unit that reads best: 0.4 ms, 12 ms, 1.204 s, 3 min 20 s, 2 h 5 min."""
    if ms is None:
        return "–"
    ms = float(ms)
    if ms < 0:
        return f"−{duration(-ms)}"
    if ms < 1:
        return f"{ms * 1000:.3g} µs" if ms else "0 ms"
    if ms < 999.5:
        return f"{ms:.3g} ms"
    if ms < 60_000:
        return f"{ms / 1000:.4g} s"
    minutes, seconds = divmod(round(ms / 1000), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"


@register.filter
def microseconds(us: float | None) -> str:
    """The same for microseconds, which is what function calls are measured in."""
    return duration(None if us is None else us / 1000)


@register.filter
def size(count: float | None) -> str:
    """Bytes in powers of 1000: 512 B, 14.2 kB, 3.1 MB."""
    if count is None:
        return "–"
    value, unit = float(count), 0
    while abs(value) >= 1000 and unit < len(SIZES) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {SIZES[unit]}"


@register.filter
def thousands(value: int | None) -> str:
    """1,234,567"""
    return "–" if value is None else f"{value:,}"


@register.filter
def iso(value: datetime) -> str:
    return value.astimezone(timezone.get_current_timezone()).isoformat()


@register.simple_tag
def moment(value: datetime | None) -> SafeString | str:
    """`22 Nov 2026, 10:15:03 CET · 3 min ago`; static/js/time.js keeps the relative part current."""
    if value is None:
        return "–"
    local = value.astimezone(timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}" title="{}">{} <span class="ago">{}</span></time>',
        local.isoformat(),
        local.strftime("%d %b %Y, %H:%M:%S.%f %Z"),
        local.strftime("%d %b %Y, %H:%M:%S %Z").lstrip("0"),
        ago((timezone.now() - value).total_seconds()),
    )


def ago(seconds: float) -> str:
    """How long ago, in one unit: just now, 42 s ago, 3 min ago, 5 h ago, 12 days ago."""
    if seconds < 0:
        return "in the future"
    for unit, length, least in (("days", 86400, 172800), ("h", 3600, 7200), ("min", 60, 120), ("s", 1, 5)):
        if seconds >= least:
            return f"{int(seconds // length)} {unit} ago"
    return "just now"


@register.simple_tag
def status(value: Any, text: str | None = None, tone: str | None = None) -> SafeString:
    """A status as a dot and a word in its tone: a Status, a member of an enumeration, or plain text."""
    return _toned("status", value, text, tone)


@register.simple_tag
def tag(value: Any) -> SafeString:
    """The kind of a thing, boxed, in its tone; takes what `status` takes."""
    return _toned("tag", value)


def _toned(kind: str, value: Any, text: str | None = None, tone: str | None = None) -> SafeString:
    shown = getattr(value, "label", value) if text is None else text
    colour = tones.tone_of(value) if tone is None else tones.Tone(tone)
    return format_html('<span class="{}">{}</span>', f"{kind} {colour}".strip(), shown)


@register.simple_block_tag
def crumbs(content: SafeString) -> SafeString:
    """The way up from a page: wraps the links to the pages above it."""
    return format_html('<nav class="crumbs" aria-label="Breadcrumb">{}</nav>', content)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon of the vendored sprite."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("vendor/lucide/sprite.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The current address's query string with some parameters changed, or dropped when None or empty."""
    parameters = context["request"].GET.copy()
    for key, value in changes.items():
        parameters.pop(key, None)
        if value not in (None, ""):
            parameters[key] = str(value)
    return f"?{parameters.urlencode()}"


@register.filter
def as_json(value: Any) -> str:
    """Compact JSON for an attribute; the template escapes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
