"""What people send from the pages of the second factor."""

from typing import Any

from django import forms
from django.contrib.auth.models import User

from statetrace_ui.accounts.password_checks import checked_own_password

CODE = forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"})


class CodeForm(forms.Form):
    code = forms.CharField(max_length=40, label="Code", widget=CODE)


class PasswordForm(forms.Form):
    """The own password once more: a session left open must not be a way to set up somebody else's second factor."""

    password = forms.CharField(
        max_length=4096,
        strip=False,
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        return checked_own_password(self.person, self.cleaned_data["password"])


class PasskeyForm(forms.Form):
    name = forms.CharField(max_length=100, label="Name of the passkey")
    answer = forms.CharField(max_length=20_000, widget=forms.HiddenInput)
