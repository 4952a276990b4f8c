"""Forms of the pages of column rules."""

from django import forms

from statetrace_ui.capture.models import ColumnRule
from statetrace_ui.capture.patterns import BadPattern, Pattern

DEFAULT = "default"
LONGEST_NAME = 63
ACTIONS = [(DEFAULT, "Default"), *ColumnRule.Action.choices]


class TablesForm(forms.Form):
    """named: a part of a table's name. cursor: of the list of tables."""

    named = forms.CharField(
        required=False,
        max_length=130,
        label="Table",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "auth_user"}),
    )
    cursor = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)


class TableForm(forms.Form):
    schema = forms.CharField(max_length=LONGEST_NAME, strip=False)
    table = forms.CharField(max_length=LONGEST_NAME, strip=False)

    @property
    def name(self) -> tuple[str, str]:
        return self.cleaned_data["schema"], self.cleaned_data["table"]


class MessagesForm(forms.Form):
    """Whether messages count as annotations."""

    taken = forms.TypedChoiceField(choices=[("yes", "Yes"), ("no", "No")], coerce=lambda value: value == "yes")


class RuleForm(forms.Form):
    """A rule to set. schema, table: of the page that sent the form, if that was a table's."""

    pattern = forms.CharField(max_length=400, strip=False)
    action = forms.ChoiceField(choices=ACTIONS)
    schema = forms.CharField(required=False, max_length=LONGEST_NAME, strip=False)
    table = forms.CharField(required=False, max_length=LONGEST_NAME, strip=False)

    def clean_pattern(self) -> Pattern:
        try:
            return Pattern.parse(self.cleaned_data["pattern"])
        except BadPattern as error:
            raise forms.ValidationError(str(error)) from None
