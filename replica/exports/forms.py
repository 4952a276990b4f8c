from django import forms


class RunsQuery(forms.Form):
    """The query string of an export's page."""

    cursor = forms.CharField(required=False, max_length=500)


class SyncForm(forms.Form):
    """`detail` says that the export's own page sent the form, not the list."""

    detail = forms.ChoiceField(choices=[("1", "Yes")], required=False)


class AutosyncForm(SyncForm):
    """Autosync is switched on by "on" and off by leaving the field out."""

    autosync = forms.ChoiceField(choices=[("on", "On")], required=False)


class SyncNowForm(SyncForm):
    """`again` asks for a copy of all sessions, also of those that are in sync."""

    again = forms.ChoiceField(choices=[("on", "On")], required=False)
