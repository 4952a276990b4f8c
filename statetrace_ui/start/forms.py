"""What people send from the first steps."""

from django import forms


class DismissForm(forms.Form):
    """for_all: for everybody of the organisation, which managers may ask for."""

    for_all = forms.BooleanField(required=False)


class ImportForm(forms.Form):
    user_flow = forms.CharField(max_length=255, strip=True)
