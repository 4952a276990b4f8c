"""Numbers with units, times with zones: absolute for the record, relative for the eye."""

import json
import math
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from statetrace_ui.web import modules, tones

register = template.Library()

SIZES = ("B", "kB", "MB", "GB", "TB")


@register.filter
def duration(ms: float | Decimal | None) -> str:
    """Milliseconds in the unit that reads best: 412 µs, 12.3 ms, 1.204 s, 3 min 20 s, 2 h 5 min.

    `duration`, `ago` and `thousands` have twins in static/js/format.js, which follow the same rules to the letter.
    """
    if ms is None:
        return "–"
    ms = float(ms)
    if ms < 0:
        return f"−{duration(-ms)}"
    if ms < 5e-7:
        return "0 ms"
    if ms * 1000 < 999.5:
        return f"{_significant(ms * 1000, 3)} µs"
    if ms < 999.5:
        return f"{_significant(ms, 3)} ms"
    if ms < 59_995:
        return f"{_significant(ms / 1000, 4)} s"
    seconds = math.floor(ms / 1000 + 0.5)
    minutes = seconds // 60
    return f"{minutes} min {seconds % 60} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _significant(value: float, digits: int) -> str:
    """At most so many digits of a value below 1000, halves rounded up."""
    before = sum(value >= power for power in (1, 10, 100))
    rounded = Decimal(value).quantize(Decimal(1).scaleb(before - digits), ROUND_HALF_UP)
    return f"{rounded.normalize():f}"


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
    """How long ago, in one unit: just now, 42 s ago, 3 min ago, 5 h ago, 12 days ago. Clocks may differ by 5 s."""
    if seconds < -5:
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


@register.simple_tag
def module(name: str) -> SafeString:
    """The script element of a JavaScript module, and links that fetch all it imports at the same time."""
    preloads = format_html_join(
        "\n", '<link rel="modulepreload" href="{}">', ((static(other),) for other in modules.needed(name))
    )
    return format_html('{}\n<script type="module" src="{}"></script>', preloads, static(name))


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
