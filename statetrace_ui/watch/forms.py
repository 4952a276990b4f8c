"""Requests of the pages of what is watched."""

from typing import Any

from django import forms
from django.utils import timezone

from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.deliveries.queries import endpoints
from statetrace_ui.watch.models import Kind, Telling
from statetrace_ui.watch.quiet import zone_of
from statetrace_ui.web.forms import NOT_LISTED
from statetrace_ui.web.models import Membership
from statetrace_ui.web.paging import HIGHEST_ID


class CursorForm(forms.Form):
    cursor = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)


class ReadForm(forms.Form):
    """until: the newest that was shown."""

    until = forms.IntegerField(min_value=0, max_value=HIGHEST_ID)


class SubjectForm(forms.Form):
    kind = forms.ChoiceField(choices=Kind.choices, error_messages=NOT_LISTED)
    target = forms.CharField(required=False, max_length=255, strip=False)
    back = forms.CharField(required=False, max_length=1000)


class TellingForm(forms.Form):
    """How a member is told. endpoint: for managers alone, since it tells others."""

    by_mail = forms.BooleanField(required=False, label="By e-mail")
    endpoint = forms.ModelChoiceField(
        Endpoint.objects.none(), required=False, label="To the endpoint", empty_label="None", error_messages=NOT_LISTED
    )
    minutes = forms.TypedChoiceField(
        choices=Telling.EVERY, coerce=int, label="At most one each", error_messages=NOT_LISTED
    )
    quiet_from = forms.TimeField(required=False, label="Quiet from", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    quiet_until = forms.TimeField(required=False, label="until", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    zone = forms.CharField(max_length=60, label="in the zone")

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["endpoint"].queryset = endpoints(membership.organisation)  # type: ignore[attr-defined]
        if not membership.may_manage:
            del self.fields["endpoint"]

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"])
        if zone_of(zone) is None:
            raise forms.ValidationError("Use the name of a zone such as Europe/Berlin.")
        return zone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name, other in (("quiet_from", "quiet_until"), ("quiet_until", "quiet_from")):
            if data.get(name) is not None and data.get(other) is None and other not in self.errors:
                self.add_error(other, "Quiet hours have a beginning and an end.")
        return data


def of_telling(telling: Telling) -> dict[str, Any]:
    """The form's first values. Who has not chosen a zone has the browser's."""
    chosen = {name: getattr(telling, name) for name in ("by_mail", "minutes", "quiet_from", "quiet_until")}
    zone = telling.zone if telling.told_at or telling.is_wanted else timezone.get_current_timezone_name()
    return chosen | {"endpoint": telling.endpoint_id, "zone": zone}
