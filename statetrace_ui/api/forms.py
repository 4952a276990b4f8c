"""What people send from the page of tokens."""

from typing import Any

from django import forms

from statetrace_ui.api.scopes import Scope, scopes_of
from statetrace_ui.api.tokens import DEFAULT_DAYS, MOST_DAYS
from statetrace_ui.web.models import Membership


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, widget=forms.TextInput(attrs={"placeholder": "Nightly build"}))
    scopes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="It may")
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, initial=DEFAULT_DAYS, label="Expires after (days)")

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = scopes_of(membership)
        self.fields["scopes"].choices = [(scope.value, scope.label) for scope in given]  # type: ignore[attr-defined]
        self.fields["scopes"].initial = [Scope.READ]

    def clean_scopes(self) -> list[Scope]:
        return [Scope(value) for value in self.cleaned_data["scopes"]]
