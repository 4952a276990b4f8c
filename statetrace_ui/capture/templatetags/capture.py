"""Column rules in words, what the last verification found, and sources that are being added."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from statetrace_ui.capture.adding.drafts import drafts_of
from statetrace_ui.capture.rules import Verdict
from statetrace_ui.capture.verification import shown
from statetrace_ui.history.models import Source

register = template.Library()
WORDS = {"keep": "kept", "mask": "masked", "exclude": "not captured"}


@register.simple_tag
def verdict(value: Verdict) -> SafeString:
    """`masked – name of the column`: what a rule does, and why it does."""
    word = format_html('<span class="tag {}">{}</span>', "info" if value.acts else "", WORDS[value.rule])
    return format_html('{} <span class="muted">{}</span>', word, value.why) if value.why else word


@register.filter
def code_spans(sentence: str) -> SafeString:
    """The sentence with what stands between backticks as code."""
    parts = enumerate(sentence.split("`"))
    return format_html_join("", "{}", ((format_html("<code>{}</code>", one) if at % 2 else one,) for at, one in parts))


@register.inclusion_tag("capture/verification_panel.html")
def verification_of(source: Source) -> dict[str, Any]:
    """What is known of whether history is what the source's tables hold."""
    last = shown.last_finished(source)
    return {
        "source": source,
        "run": shown.newest(source),
        "last": last,
        "tables": shown.tables_of(last) if last else [],
    }


@register.inclusion_tag("capture/adding/drafts.html", takes_context=True)
def source_drafts(context: template.Context) -> dict[str, Any]:
    """What managers have begun to add."""
    request = context["request"]
    return {"drafts": drafts_of(request.organisation) if request.membership.may_manage else [], "request": request}
