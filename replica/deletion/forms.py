from django import forms



class ConfirmationForm(forms.Form):
    """`confirmation` repeats the name of what is to go."""

    confirmation = forms.CharField(max_length=255, strip=True)


class DeletionsQuery(forms.Form):
    cursor = forms.CharField(required=False, max_length=500)


