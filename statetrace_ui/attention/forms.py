"""Requests of the pages of what needs attention."""

from django import forms

from statetrace_ui.web.concerns import Kind, Severity
from statetrace_ui.web.forms import NOT_LISTED

KINDS = [("", "All"), *((kind.value, kind.label) for kind in Kind)]
SHOWN = [("", "Not seen yet"), ("seen", "Seen"), ("all", "All")]


class AttentionFilter(forms.Form):
    """marked: the key of what was just marked, so that it can be undone."""

    kind = forms.ChoiceField(choices=KINDS, required=False, label="Kind", error_messages=NOT_LISTED)
    show = forms.ChoiceField(choices=SHOWN, required=False, label="Show", error_messages=NOT_LISTED)
    marked = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)

    @property
    def narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("kind", "show"))


class KeyForm(forms.Form):
    """back: the page to go back to."""

    key = forms.CharField(max_length=300)
    back = forms.CharField(required=False, max_length=1000)


class SeenForm(KeyForm):
    """occurrence, severity: what was shown, so that nobody marks what came since."""

    occurrence = forms.CharField(max_length=60)
    severity = forms.TypedChoiceField(choices=[(one.value, one.label) for one in Severity], coerce=int)
