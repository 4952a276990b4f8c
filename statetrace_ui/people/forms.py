"""What people send from the pages of members and invitations."""

import zoneinfo
from typing import Any

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User

from statetrace_ui.accounts.second_factor.forms import PasswordForm
from statetrace_ui.web.models import Membership

EVERY_ROLE = [("", "All"), *Membership.Role.choices]


class MemberQuery(forms.Form):
    """The query string of the list of members."""

    q = forms.CharField(
        required=False, max_length=200, label="Name", widget=forms.TextInput(attrs={"type": "search", "size": "24"})
    )
    role = forms.ChoiceField(required=False, choices=EVERY_ROLE)
    cursor = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Membership.Role.choices)


class InvitationForm(forms.Form):
    role = forms.ChoiceField(choices=Membership.Role.choices)
    email = forms.EmailField(
        required=False,
        max_length=254,
        label="E-mail (optional)",
        widget=forms.EmailInput(attrs={"placeholder": "ada@example.com", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="invitation_%s")  # the page's filters have a role, too


class NewAccountForm(UserCreationForm):  # type: ignore[type-arg]
    """Name, address and password of somebody who had no account before they were invited."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "email")


def time_zones() -> list[tuple[str, str]]:
    names = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [("", "As the browser"), ("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    time_zone = forms.ChoiceField(required=False, choices=time_zones, help_text="In which pages show times.")

    class Meta:
        model = User
        fields = ("first_name", "last_name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.Meta.fields:
            self.fields[name].widget.attrs["autocomplete"] = {"first_name": "given-name"}.get(name, "family-name")


class EmailForm(PasswordForm):
    """Another address, with the own password: links for new passwords are sent there."""

    email = forms.EmailField(
        required=False, max_length=254, label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    field_order = ("email", "password")

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, person=person, initial={"email": person.email}, **kwargs)


class RecoveryForm(forms.Form):
    who = forms.CharField(
        max_length=254, label="User name or e-mail", widget=forms.TextInput(attrs={"autocomplete": "username"})
    )


class SecondFactorForm(forms.Form):
    """Required by "on"; not when the field is left out."""

    required = forms.ChoiceField(choices=[("on", "On")], required=False)
