"""Forms of the pages of retention and erasure."""

from typing import Any

from django import forms

from statetrace_ui.history.forms import LONGEST_NAME, RecordForm
from statetrace_ui.history.retention.rules import ALL_TABLES, LEAST_DAYS, MOST_DAYS
from statetrace_ui.history.table_names import split_name


class RetentionRuleForm(forms.Form):
    """table: empty for all tables without a rule of their own. keep_days: empty to take the rule away."""

    table = forms.CharField(
        required=False,
        max_length=LONGEST_NAME,
        label="Table",
        widget=forms.TextInput(attrs={"placeholder": "all tables"}),
    )
    keep_days = forms.IntegerField(required=False, min_value=LEAST_DAYS, max_value=MOST_DAYS, label="Days")

    def clean_table(self) -> tuple[str, str]:
        text = self.cleaned_data["table"]
        name = split_name(text) if text else ALL_TABLES
        if name is None:
            raise forms.ValidationError("No table can have this name.")
        return name


class ReasonForm(forms.Form):
    reason = forms.CharField(
        required=False,
        max_length=200,
        label="Reason",
        widget=forms.TextInput(attrs={"placeholder": "ticket 4711"}),
        help_text="It stays with the erasure: no personal data, please.",
    )


class EraseRecordForm(RecordForm, ReasonForm):
    key_too = forms.BooleanField(required=False, label="Replace its key by a digest, too")


class ErasePersonForm(ReasonForm):
    """columns, tables: one name a line."""

    value = forms.CharField(
        required=False,
        max_length=1_000,
        label="Value",
        widget=forms.TextInput(attrs={"placeholder": "ada@example.com"}),
    )
    columns = forms.CharField(
        required=False,
        max_length=4_000,
        label="Fields that hold it, one a line",
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "email"}),
    )
    tables = forms.CharField(
        required=False,
        max_length=20_000,
        label="Only in these tables, one a line",
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "every table with such a field"}),
    )
    actor = forms.CharField(
        required=False,
        max_length=1_000,
        label="Actor",
        widget=forms.TextInput(attrs={"placeholder": "id, email or full name"}),
    )
    elsewhere = forms.BooleanField(
        required=False, initial=True, label="Also values of other fields in which value or actor stand"
    )
    field_order = ["value", "columns", "tables", "actor", "elsewhere", "reason"]

    def clean_columns(self) -> list[str]:
        return _lines(self.cleaned_data["columns"])

    def clean_tables(self) -> list[tuple[str, str]]:
        names = [(line, split_name(line)) for line in _lines(self.cleaned_data["tables"])]
        if wrong := [line for line, name in names if name is None]:
            raise forms.ValidationError(f"No table can have this name: {wrong[0]}")
        return [name for _, name in names if name]

    @property
    def wanted(self) -> dict[str, Any]:
        """Arguments of `requests.person_wanted`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
