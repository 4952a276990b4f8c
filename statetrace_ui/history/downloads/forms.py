"""The part of a download's address that says what kind of file it is."""

from django import forms

from statetrace_ui.history.downloads.formats import FORMATS
from statetrace_ui.web.forms import NOT_LISTED


class FormatForm(forms.Form):
    format = forms.ChoiceField(
        choices=[(name, kind.label) for name, kind in FORMATS.items()], error_messages=NOT_LISTED
    )
