"""Forms of adding a source. Passwords and whole addresses are taken, and never written back into the page."""

from typing import Any

from django import forms

from statetrace_ui.addresses import SSL_MODES, BadAddress
from statetrace_ui.capture.adding.entered import Entered, entered

LONGEST_NAME = 63
LONGEST_ADDRESS = 2_000


def _text(label: str, longest: int, **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attrs})
    return forms.CharField(required=False, label=label, max_length=longest, widget=widget)


class AddressForm(forms.Form):
    """The address of a database, in fields of its own or as one text; `clean` makes `entered` of it."""

    host = _text("Host", 253, placeholder="db.example.com")
    port = _text("Port", 5, placeholder="5432", inputmode="numeric")
    dbname = _text("Database", LONGEST_NAME, placeholder="shop")
    user = _text("Role", LONGEST_NAME, placeholder="statetrace")
    password = forms.CharField(
        required=False,
        strip=False,
        max_length=1_000,
        label="Password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="It is stored encrypted and never shown again.",
    )
    sslmode = forms.ChoiceField(
        required=False,
        label="Encryption",
        choices=[("", "prefer (default)"), *((mode, mode) for mode in SSL_MODES if mode != "prefer")],
    )
    address = forms.CharField(
        required=False,
        max_length=LONGEST_ADDRESS,
        label="Or the whole address",
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "placeholder": "postgresql://role:password@host/db"}),
        help_text="If it is given, the fields above do not count.",
    )

    def __init__(self, *args: Any, operator: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.operator = operator

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            data["entered"] = self._entered(data)
        return data

    def _entered(self, data: dict[str, Any]) -> Entered:
        try:
            return entered(data["address"], data, operator=self.operator)
        except BadAddress as error:
            raise forms.ValidationError(str(error)) from None


class NewSourceForm(AddressForm):
    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="What the application is called in the dashboard.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "shop"}),
    )
    field_order = ("name",)


class TablesForm(forms.Form):
    """masked: patterns of columns; those that the draft does not name mean nothing."""

    masked = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, patterns: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["masked"].choices = [(pattern, pattern) for pattern in patterns]  # type: ignore[attr-defined]


class CursorForm(forms.Form):
    """Of a list."""

    cursor = forms.CharField(required=False, max_length=500)
