"""Forms of what people do with a source that is there."""

from django import forms

from statetrace_ui.capture.adding.forms import AddressForm


class NewAddressForm(AddressForm):
    moved = forms.BooleanField(
        required=False,
        label="The database has moved there: to another server, or its slot is lost",
        help_text="History then goes on with a gap, and all tables are compared. Without this only the same server with"
        " the same slot is taken.",
    )


class RemovalForm(forms.Form):
    """confirmed: the source's name, typed again."""

    history = forms.ChoiceField(
        choices=[("keep", "Keep its history here, readable as before"), ("delete", "Delete its history here for good")],
        widget=forms.RadioSelect,
        initial="keep",
        label="History",
    )
    gone = forms.BooleanField(
        required=False,
        label="The server is gone for good, or does not answer",
        help_text="Then it is removed here though the slot may still be there.",
    )
    confirmed = forms.CharField(max_length=63, label="Type the source's name to confirm")

    def __init__(self, *args: object, name: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._name = name

    def clean_confirmed(self) -> str:
        typed: str = self.cleaned_data["confirmed"]
        if typed != self._name.strip():
            raise forms.ValidationError("This is not the source's name.")
        return typed
