"""Forms for the query strings of the audited side: the filters of its lists, and cursors."""

from typing import Any

from django import forms

from statetrace_ui.history import queries
from statetrace_ui.history.models import Change, Source
from statetrace_ui.history.table_names import split_name
from statetrace_ui.web.forms import NOT_LISTED, PeriodForm
from statetrace_ui.web.models import Organisation

LONGEST_NAME = 300  # two names of 63 characters, quoted


class HistoryForm(PeriodForm):
    """What the lists of the audited side have in common."""

    source = forms.ModelChoiceField(
        Source.objects.none(), required=False, empty_label="All sources", error_messages=NOT_LISTED
    )
    cursor = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = queries.sources_of(organisation)  # type: ignore[attr-defined]


class SessionsForm(HistoryForm):
    actor = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name, email or id"}),
    )
    field_order = ["actor", "source"]


class ChangesForm(HistoryForm):
    table = forms.CharField(
        required=False,
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "public.orders", "list": "tables"}),
    )
    kind = forms.ChoiceField(
        required=False, choices=[("", "Hide initial snapshot"), *Change.Kind.choices], error_messages=NOT_LISTED
    )
    field_order = ["table", "kind", "source"]

    def clean_table(self) -> tuple[str, str] | None:
        return split_name(self.cleaned_data["table"])


class LiveForm(ChangesForm):
    """after: the id of the newest change that the page shows already; None for the list itself.

    group: how changes are listed; by default by transaction, unless changes of some table or kind are asked for.
    """

    group = forms.ChoiceField(
        required=False, choices=[("transaction", "By transaction"), ("change", "One by one")], widget=forms.HiddenInput
    )
    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    @property
    def filters(self) -> dict[str, Any]:
        """Arguments of `queries.changes`."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("after", "group")}

    @property
    def grouped(self) -> bool:
        """Whether changes are listed by transaction; those of baselines never are."""
        data = self.cleaned_data
        chosen = data["group"] or ("change" if data["table"] or data["kind"] else "transaction")
        return chosen == "transaction" and data["kind"] not in Change.OF_BASELINES

    @property
    def live_filters(self) -> dict[str, Any]:
        """Arguments of `queries.new_changes`: new changes have no use for an end or a cursor."""
        return {name: self.cleaned_data[name] for name in ("source", "table", "kind", "start")}


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
