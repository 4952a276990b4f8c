from django import forms

from replica.exports.models import Target, UserFlowExport
from statetrace_ui.web.models import Organisation


class PlaceForm(forms.Form):
    """A database that somebody enters. Its address holds a password, so it is never shown again."""

    name = forms.CharField(max_length=100)
    url = forms.CharField(max_length=2_000)


class OfferForm(forms.Form):
    """`recipient` is the other organisation's slug."""

    name = forms.CharField(max_length=100)
    recipient = forms.ModelChoiceField(Organisation.objects.all(), to_field_name="slug", widget=forms.TextInput)


class FollowForm(forms.Form):
    user_flow_id = forms.CharField(max_length=36)


class CopyForm(forms.Form):
    """Which flow goes to which target, both of the same organisation."""

    target = forms.ModelChoiceField(Target.objects.none())

    def __init__(self, *args: object, export: UserFlowExport, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["target"].queryset = Target.objects.filter(organisation=export.organisation)  # type: ignore[attr-defined]
