from django import forms


class ConfirmationForm(forms.Form):
    """`confirmation` repeats the name of what is to go; without it, what would go is shown."""

    confirmation = forms.CharField(required=False, max_length=255)


class DeletionsQuery(forms.Form):
    cursor = forms.CharField(required=False, max_length=500)
