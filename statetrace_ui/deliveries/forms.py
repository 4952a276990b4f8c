"""Forms of the pages of endpoints and deliveries."""

from typing import Any

from django import forms

from statetrace_ui.deliveries.targets import LONGEST_URL, BadTarget, parse
from statetrace_ui.web.models import Organisation


class CursorForm(forms.Form):
    cursor = forms.CharField(required=False, max_length=500)


class EndpointForm(forms.Form):
    name = forms.CharField(max_length=100, widget=forms.TextInput(attrs={"placeholder": "On-call"}))
    url = forms.CharField(
        max_length=LONGEST_URL,
        label="Address",
        widget=forms.TextInput(
            attrs={"placeholder": "https://example.com/hooks/statetrace", "autocomplete": "off", "size": "50"}
        ),
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.organisation.endpoints.filter(name=name).exists():
            raise forms.ValidationError("There is an endpoint of this name.")
        return name

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            parse(url)
        except BadTarget as error:
            raise forms.ValidationError(str(error)) from None
        return url


class PauseForm(forms.Form):
    """Paused by "on"; it goes on when the field is left out."""

    paused = forms.ChoiceField(choices=[("on", "On")], required=False)
