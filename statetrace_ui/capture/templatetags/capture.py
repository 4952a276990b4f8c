"""Column rules in words."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from statetrace_ui.capture.rules import Verdict

register = template.Library()
WORDS = {"keep": "kept", "mask": "masked", "exclude": "not captured"}


@register.simple_tag
def verdict(value: Verdict) -> SafeString:
    """`masked – name of the column`: what a rule does, and why it does."""
    word = format_html('<span class="tag {}">{}</span>', "info" if value.acts else "", WORDS[value.rule])
    return format_html('{} <span class="muted">{}</span>', word, value.why) if value.why else word
