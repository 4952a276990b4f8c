"""Forms for the query strings of the audited side; those of questions stand in `asking_forms.py`."""

from django import forms

from statetrace_ui.history.table_names import split_name

LONGEST_NAME = 300  # two names of 63 characters, quoted


class ActionChangesForm(forms.Form):
    table = forms.CharField(required=False, max_length=LONGEST_NAME)
    cursor = forms.CharField(required=False, max_length=500)

    def clean_table(self) -> tuple[str, str] | None:
        return split_name(self.cleaned_data["table"])


class TableForm(forms.Form):
    table = forms.CharField(max_length=LONGEST_NAME, strip=False)

    def clean_table(self) -> tuple[str, str]:
        name = split_name(self.cleaned_data["table"])
        if not name:
            raise forms.ValidationError("No table can have this name.")
        return name


class RecordForm(TableForm):
    key = forms.CharField(max_length=10_000, strip=False)
    cursor = forms.CharField(required=False, max_length=500)


class ActorForm(forms.Form):
    id = forms.CharField(max_length=10_000, strip=False)
    cursor = forms.CharField(required=False, max_length=500)


class ValueForm(forms.Form):
    side = forms.ChoiceField(choices=[("old", "before"), ("new", "after")])
    column = forms.CharField(max_length=200, strip=False)


class CursorForm(forms.Form):
    cursor = forms.CharField(required=False, max_length=500)


class SessionForm(CursorForm):
    """after: the newest action that was there when the page was shown, or asked last; None for the page."""

    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
