from typing import Any

from django import forms

from replica.schema.table_types import CHOOSABLE
from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.deliveries.queries import endpoints
from statetrace_ui.web.models import Organisation

LONGEST_LIMIT = 36_500


class RunsQuery(forms.Form):
    """The query string of an export's page. `part` is what htmx asks for: what is live, or the runs."""

    cursor = forms.CharField(required=False, max_length=500)
    part = forms.ChoiceField(choices=[("runs", "Runs")], required=False)


class SyncForm(forms.Form):
    """`detail` says that the export's own page sent the form, not the list."""

    detail = forms.ChoiceField(choices=[("1", "Yes")], required=False)


class AutosyncForm(SyncForm):
    """Autosync is switched on by "on", off by leaving the field out, and follows the default by "default"."""

    autosync = forms.ChoiceField(choices=[("on", "On"), ("default", "Default")], required=False)


class SyncNowForm(SyncForm):
    """`again` asks for a copy of all sessions, also of those that are in sync; `session` for one alone."""

    again = forms.ChoiceField(choices=[("on", "On"), ("differing", "What differs")], required=False)
    session = forms.CharField(required=False, max_length=36)


class PauseForm(SyncForm):
    paused = forms.ChoiceField(choices=[("on", "On")], required=False)


class OptionsForm(forms.Form):
    """What is exported; without `own_tables` or `own_limits` an export follows the defaults."""

    own_tables = forms.BooleanField(required=False)
    own_limits = forms.BooleanField(required=False)
    table_types = forms.MultipleChoiceField(choices=[(one, one) for one in CHOOSABLE], required=False)
    keep_days = forms.IntegerField(required=False, min_value=1, max_value=LONGEST_LIMIT)
    keep_newest = forms.IntegerField(required=False, min_value=1, max_value=2_000_000_000)


class DefaultsForm(OptionsForm):
    """The organisation's defaults. All types chosen stand for all that there will ever be."""

    autosync = forms.BooleanField(required=False)
    by_mail = forms.BooleanField(required=False)
    endpoint = forms.ModelChoiceField(Endpoint.objects.none(), required=False)

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["endpoint"].queryset = endpoints(organisation)  # type: ignore[attr-defined]
