from typing import Any

import psycopg
from django import forms
from django.conf import settings

from replica.databases import identity
from replica.databases.deadlines import DeadlineConnection
from replica.databases.models import Replica
from replica.databases.server import CONNECT_TIMEOUT, LIVELINESS
from statetrace_ui.addresses import Address, BadAddress, parse

MOST_CONNECTIONS = 20  # an organisation's share of a server that others use too


class ReplicaForm(forms.ModelForm[Replica]):
    """A replica on the admin site. Addresses hold passwords, so they can be entered but are never shown."""

    new_reader_url = forms.CharField(
        label="Reader's address",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "size": 80}),
        help_text="For a replica that somebody else fills: postgresql://user:password@host:5432/database of a role that"
        " may only read, with sslmode if need be and no other parts. The server must ask for the password by"
        " scram-sha-256. It is stored encrypted and not shown again; leave empty to keep the stored address.",
    )

    class Meta:
        model = Replica
        fields = ["organisation", "database", "login_role", "connection_limit"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.owner_url:
            # Django takes a declared field from whoever sends it, shown or not.
            del self.fields["new_reader_url"]

    def clean_connection_limit(self) -> int:
        limit: int = self.cleaned_data["connection_limit"]
        if not 1 <= limit <= MOST_CONNECTIONS:
            raise forms.ValidationError(f"Allow 1 to {MOST_CONNECTIONS} connections: others use the server too.")
        return limit

    def clean_new_reader_url(self) -> str:
        """The address with its protection, ready to be stored; '' if none was entered."""
        text: str = self.cleaned_data["new_reader_url"]
        if not text.strip():
            return ""
        try:
            address = parse(text)
        except BadAddress as error:
            raise forms.ValidationError(str(error)) from None
        if _is_taken(address, self.instance.pk) or _is_ours(address):
            raise forms.ValidationError(identity.OwnDatabase().sentence)
        return address.url()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance._state.adding and not self.errors and not self.cleaned_data.get("new_reader_url"):
            self.add_error("new_reader_url", "Needed here: replicas that this dashboard fills are made by a sync.")
        return cleaned


def _is_taken(address: Address, own_pk: int | None) -> bool:
    """Whether another organisation's replica was entered with the same server and database."""
    for other in Replica.objects.filter(owner_url="").exclude(pk=own_pk or 0).exclude(reader_url=""):
        try:
            known = parse(other.reader_url)
        except BadAddress:
            continue  # it is not read either
        if (known.host.lower(), known.port, known.database) == (address.host.lower(), address.port, address.database):
            return True
    return False


def _is_ours(address: Address) -> bool:
    """Whether the server says that the database is one of ours. One that does not answer is asked when it is read."""
    url = address.url(settings.REPLICA_CA_FILE)
    try:
        with DeadlineConnection.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT, **LIVELINESS) as server:
            server.deadline = CONNECT_TIMEOUT
            with server.cursor() as cursor:
                identity.require_foreign(identity.ask(cursor))
    except psycopg.Error:
        return False
    except identity.OwnDatabase:
        return True
    return False


class ConfirmForm(forms.Form):
    """What cuts off whoever is connected takes a tick."""

    confirmed = forms.ChoiceField(choices=[("on", "On")], required=False)


class LegacyForm(forms.Form):
    """Whether each user flow gets a table of its own."""

    legacy = forms.ChoiceField(choices=[("on", "On")], required=False)


class RotationForm(forms.Form):
    """How long the present password shall work beside the new one."""

    hours = forms.TypedChoiceField(
        choices=[("1", "1 hour"), ("24", "1 day"), ("168", "7 days"), ("720", "30 days")], coerce=int, initial="24"
    )
