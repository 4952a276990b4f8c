"""The forms that add an alert, and change how it tells."""

from typing import Any

from django import forms
from django.db.models import Q

from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.deliveries.queries import endpoints
from statetrace_ui.history.models import SavedQuestion
from statetrace_ui.web.forms import NOT_LISTED
from statetrace_ui.web.models import Membership


class TellingForm(forms.Form):
    """How an alert tells, besides on its page. endpoint: only of the organisation's alerts, which managers edit."""

    by_mail = forms.BooleanField(required=False, label="Also by e-mail")
    endpoint = forms.ModelChoiceField(
        Endpoint.objects.none(),
        required=False,
        label="Also to the endpoint",
        empty_label="None",
        error_messages=NOT_LISTED,
    )

    def __init__(self, *args: Any, membership: Membership, may_endpoint: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["endpoint"].queryset = endpoints(membership.organisation)  # type: ignore[attr-defined]
        if not may_endpoint:
            del self.fields["endpoint"]


class AlertForm(TellingForm):
    """shared, endpoint: for managers alone, since they tell others."""

    question = forms.ModelChoiceField(
        SavedQuestion.objects.none(), label="Saved question", empty_label=None, error_messages=NOT_LISTED
    )
    shared = forms.BooleanField(required=False, label="For the organisation: mails go to its managers")
    field_order = ("question", "by_mail", "shared", "endpoint")

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, membership=membership, may_endpoint=membership.may_manage, **kwargs)
        theirs = Q(owner=membership.user_id) | Q(owner=None)
        saved = SavedQuestion.objects.filter(theirs, organisation=membership.organisation_id, asked="changes")
        self.fields["question"].queryset = saved.order_by("name", "pk")  # type: ignore[attr-defined]
        if not membership.may_manage:
            del self.fields["shared"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        question = data.get("question")
        if data.get("shared") and question and not question.is_shared:
            self.add_error("question", "Share this question first: others cannot see it.")
        if data.get("endpoint") and not data.get("shared"):
            self.add_error("endpoint", "Only alerts of the organisation go to endpoints.")
        return data
