"""The query strings of the captured side's pages."""

from typing import Any

from django import forms

from replica.queries.flows import SessionFilter
from replica.queries.network import ExchangeFilter
from replica.schema.statuses import SessionStatus

MOST_SERIES = 20
STATUSES = [("", "Any status"), *SessionStatus.choices]


class FlowFilter(forms.Form):
    """Which of a flow's sessions, and what their trend shows."""

    status = forms.ChoiceField(choices=STATUSES, required=False)
    tag = forms.CharField(required=False, max_length=200, widget=forms.TextInput(attrs={"placeholder": "key=value"}))
    since = forms.DateTimeField(required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    until = forms.DateTimeField(required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    measurement = forms.CharField(required=False, max_length=128, strip=False)
    cursor = forms.CharField(required=False, max_length=500)

    def clean_tag(self) -> tuple[str, str] | None:
        """The tag as (key, value)."""
        text: str = self.cleaned_data["tag"]
        if not text:
            return None
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise forms.ValidationError("write a tag as key=value.")
        return key, value

    @property
    def wanted(self) -> SessionFilter:
        data = self.cleaned_data
        return SessionFilter(status=data["status"], tag=data["tag"], since=data["since"], until=data["until"])

    @property
    def narrowed(self) -> bool:
        """Whether any of the filters is set."""
        return self.wanted != SessionFilter()


class RangeForm(forms.Form):
    """A part of a session's time axis, in ms after its start."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.FloatField(required=False)
        self.fields["to"] = forms.FloatField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("from"), cleaned.get("to")
        if start is not None and end is not None and start >= end:
            raise forms.ValidationError("the end of the range must lie after its beginning.")
        return cleaned

    def range_within(self, length: float) -> tuple[float, float]:
        """The range asked for; where it is open, the session's own, from 0 to `length`."""
        start, end = self.cleaned_data["from"], self.cleaned_data["to"]
        return (0.0 if start is None else start), (length if end is None else end)

    @property
    def narrowed(self) -> bool:
        """Whether either end of the range is set."""
        return self.cleaned_data["from"] is not None or self.cleaned_data["to"] is not None


class SeriesForm(RangeForm):
    """Which of a session's series, and which part of the time axis."""

    series = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, keys: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["series"].choices = [(key, key) for key in keys]  # type: ignore[attr-defined]

    def clean_series(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["series"]
        if len(chosen) > MOST_SERIES:
            raise forms.ValidationError(f"choose at most {MOST_SERIES} series.")
        return chosen


class IssueForm(forms.Form):
    """The category that, with the ids in the path, makes up an issue's key."""

    category = forms.CharField(required=False, max_length=255, strip=False)


class NetworkFilter(forms.Form):
    """Which of a session's exchanges."""

    host = forms.CharField(required=False, max_length=255)
    q = forms.CharField(required=False, max_length=200)
    failed = forms.BooleanField(required=False)

    @property
    def wanted(self) -> ExchangeFilter:
        data = self.cleaned_data
        return ExchangeFilter(host=data["host"], url_part=data["q"], failed=data["failed"])
