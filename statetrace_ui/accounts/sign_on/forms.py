"""What people send from the page of their account about single sign-on."""

from django import forms


class IdentityChoice(forms.Form):
    identity = forms.IntegerField(min_value=1, max_value=2**63 - 1)
