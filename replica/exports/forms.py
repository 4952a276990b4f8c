from django import forms


class RunsQuery(forms.Form):
    """The runs page's query string."""

    cursor = forms.CharField(required=False, max_length=500)


class AutosyncForm(forms.Form):
    autosync = forms.BooleanField(required=False)
