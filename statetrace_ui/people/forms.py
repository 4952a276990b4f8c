"""What people send from the pages of members and invitations."""

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User

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


class NewAccountForm(UserCreationForm):  # type: ignore[type-arg]
    """Name, address and password of somebody who had no account before they were invited."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "email")
