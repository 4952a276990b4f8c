from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured

from replica.databases.models import Replica
from statetrace_ui import env


class ReplicaForm(forms.ModelForm[Replica]):
    """A replica on the admin site. Addresses hold passwords, so they can be entered but are never shown."""

    new_reader_url = forms.CharField(
        label="Reader's address",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "size": 80}),
        help_text="For a replica that somebody else fills: postgresql://user:password@host:5432/database of a role that"
        " may only read. It is stored encrypted and not shown again; leave empty to keep the stored address.",
    )

    class Meta:
        model = Replica
        fields = ["organisation", "database", "login_role", "connection_limit"]

    def clean_new_reader_url(self) -> str:
        url: str = self.cleaned_data["new_reader_url"].strip()
        try:
            if url:
                env.database(url, "This")
        except ImproperlyConfigured as error:
            raise forms.ValidationError(str(error)) from None
        return url

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance._state.adding and not self.errors and not self.cleaned_data["new_reader_url"]:
            self.add_error("new_reader_url", "Needed here: replicas that this dashboard fills are made by a sync.")
        return cleaned
