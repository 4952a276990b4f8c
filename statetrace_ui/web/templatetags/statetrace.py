"""Numbers with units, times with zones: absolute for the record, relative for the eye."""

import json
from datetime import datetime
from typing import Any

import orjson
from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from statetrace_ui.installation import command
from statetrace_ui.web import modules, tones
from statetrace_ui.web.quantities import ago, duration, microseconds, size, thousands

register = template.Library()
for text_of in (duration, microseconds, size, thousands):
    register.filter(text_of.__name__, text_of)
register.simple_tag(command)


# Within a script element, so that nothing in the data ends it.
ESCAPES = str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"})


@register.filter
def json_data(value: Any, element_id: str) -> SafeString:
    """Django's `json_script`, faster and without blanks: timelines and charts have thousands of numbers."""
    text = mark_safe(orjson.dumps(value).decode().translate(ESCAPES))  # noqa: S308 - escaped right here
    return format_html('<script id="{}" type="application/json">{}</script>', element_id, text)


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


@register.simple_tag(takes_context=True)
def theme(context: template.Context) -> str:
    """The viewer's choice, which static/js/theme.js keeps in a cookie: light, dark, or auto for the system's."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme") if request else None
    return chosen if chosen in ("light", "dark") else "auto"


@register.simple_block_tag(takes_context=True)
def for_managers(context: template.Context, content: SafeString) -> SafeString | str:
    """What only a manager can do something with, such as a command; for other members, whom to ask instead."""
    membership = getattr(context.get("request"), "membership", None)
    if membership is None or membership.may_manage:
        return content
    return format_html('<p class="ask">{}</p>', "Ask a manager of your organisation to do this.")


@register.simple_tag
def help(page: str, about: str) -> SafeString:  # noqa: A001 - as it is called in templates
    """A link to the documentation where a question arises: `{% help "asking#terms" "Asking" %}`."""
    name, _, anchor = page.partition("#")
    url = reverse("docs:page", args=[name]) + (f"#{anchor}" if anchor else "")
    return format_html('<a class="help" href="{}" title="Help: {}" aria-label="Help: {}">?</a>', url, about, about)


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
    return f"?{parameters.urlencode()}" if parameters else ""


@register.filter
def as_json(value: Any) -> str:
    """Compact JSON for an attribute; the template escapes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
