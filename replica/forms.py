"""The query strings of the captured side's pages."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from replica.queries.flows import SessionFilter
from replica.queries.lookup import SPAN_LIMIT, moment_at
from replica.queries.network import ORDERS, ExchangeFilter
from replica.schema.statuses import SessionStatus
from statetrace_ui.web.forms import NOT_LISTED, PeriodForm

MOST_SERIES = 20
LONGEST_CHOICE = 60  # letters
STATUSES = [("", "Any status"), *SessionStatus.choices]
MOST_LINE = 8000  # letters of a selection: 100 sessions by their ids have 4,600
TIMES = [("", "Step by step"), ("recorded", "As recorded")]


def _line(example: str) -> forms.TextInput:
    return forms.TextInput(attrs={"placeholder": example, "list": "selections", "autocomplete": "off", "size": 30})


class FlowsForm(forms.Form):
    """Which page of the list of user flows."""

    cursor = forms.CharField(required=False, max_length=2_000, strip=False, widget=forms.HiddenInput)


class FlowFilter(PeriodForm):
    """Which of a flow's sessions, and what their trend shows."""

    status = forms.ChoiceField(choices=STATUSES, required=False, error_messages=NOT_LISTED)
    tag = forms.CharField(required=False, max_length=200, widget=forms.TextInput(attrs={"placeholder": "key=value"}))
    measurement = forms.CharField(required=False, max_length=1100, strip=False, widget=forms.HiddenInput)
    colour = forms.CharField(required=False, max_length=64, strip=False, widget=forms.HiddenInput)
    cursor = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)
    field_order = ["status", "tag"]

    def clean_tag(self) -> tuple[str, str] | None:
        """The tag as (key, value)."""
        text: str = self.cleaned_data["tag"]
        if not text:
            return None
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise forms.ValidationError("Write a tag as key=value.")
        return key, value

    @property
    def wanted(self) -> SessionFilter:
        data = self.cleaned_data
        return SessionFilter(status=data["status"], tag=data["tag"], start=data["start"], end=data["end"])

    @property
    def narrowed(self) -> bool:
        """Whether any of the filters is set."""
        return bool(self.errors) or self.wanted != SessionFilter()


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
            self.add_error("to", "The end is before the beginning.")
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
            raise forms.ValidationError(f"Choose at most {MOST_SERIES} series.")
        return chosen


class TablesForm(forms.Form):
    """From which row on a page's tables go on, each of which shows no more than a screen or two at once."""

    labels = forms.IntegerField(required=False, min_value=0)
    spreads = forms.IntegerField(required=False, min_value=0)


class IssueForm(forms.Form):
    """The category that, with the ids in the path, makes up an issue's key."""

    category = forms.CharField(required=False, max_length=255, strip=False)


DETAILS = ("method", "initiator", "connection")  # what a replica has no column for
CHOICES = {
    "host": "All hosts",
    "issue": "Any issue or none",
    "method": "All methods",
    "initiator": "Any initiator",
    "connection": "All connections",
}


def _shortened(text: str) -> str:
    """The end of an address tells more than its beginning."""
    return text if len(text) <= LONGEST_CHOICE else f"…{text[1 - LONGEST_CHOICE :]}"


class NetworkFilter(RangeForm):
    """Which of a session's exchanges, in which order, from which row on."""

    q = forms.CharField(
        required=False, max_length=200, label="URL contains", widget=forms.TextInput(attrs={"type": "search"})
    )
    host = forms.CharField(required=False, max_length=255)
    issue = forms.CharField(required=False, max_length=255)
    method = forms.CharField(required=False, max_length=32)
    initiator = forms.CharField(required=False, max_length=512)
    connection = forms.CharField(required=False, max_length=64)
    failed = forms.BooleanField(required=False, label="Failed only")
    at = forms.IntegerField(required=False, widget=forms.HiddenInput)  # the message id of the selected exchange
    sort = forms.ChoiceField(
        required=False,
        widget=forms.HiddenInput,
        choices=[(f"{sign}{name}", name) for name in (*ORDERS, *DETAILS) for sign in ("", "-")],
    )
    row = forms.IntegerField(required=False, min_value=0, max_value=SPAN_LIMIT, widget=forms.HiddenInput)

    def __init__(self, *args: Any, choices: Mapping[str, Sequence[str]], **kwargs: Any) -> None:
        """choices: by field; one with nothing to choose is not there."""
        super().__init__(*args, **kwargs)
        for name, first in CHOICES.items():
            values = choices.get(name, ())
            self.fields[name].widget = forms.Select(
                choices=[("", first), *((value, _shortened(value)) for value in values)]
            )
            if name != "host" and not values:
                del self.fields[name]
        for name in ("from", "to"):
            self.fields[name].widget = forms.HiddenInput()

    def wanted(self, origin: dt.datetime) -> ExchangeFilter:
        """The filter for a session that started at `origin`."""
        data = self.cleaned_data
        first, last = (None if data[name] is None else moment_at(origin, data[name]) for name in ("from", "to"))
        return ExchangeFilter(
            host=data["host"],
            url_part=data["q"],
            failed=data["failed"],
            first=first,
            last=last,
            issue=data.get("issue", ""),
        )

    @property
    def details(self) -> dict[str, str]:
        """What is asked of each field of details."""
        return {name: self.cleaned_data.get(name, "") for name in DETAILS}


class GroupsForm(forms.Form):
    """Which groups of a flow's sessions are compared: what the addresses of all pages of a comparison hold."""

    flow = forms.CharField(required=False, max_length=255, label="User flow")
    base = forms.CharField(required=False, max_length=MOST_LINE, widget=_line("variant=fast, or baseline"))
    new = forms.CharField(required=False, max_length=MOST_LINE, widget=_line("variant=slow"))
    excluded = forms.BooleanField(required=False, label="Count Excluded sessions")


class CompareForm(GroupsForm):
    """The groups, and how their timelines are laid out."""

    time = forms.ChoiceField(choices=TIMES, required=False, widget=forms.HiddenInput, error_messages=NOT_LISTED)

    def __init__(self, *args: Any, flows: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["flow"].widget = forms.Select(choices=[("", "Choose a user flow"), *flows])


class AskedGroupsForm(GroupsForm):
    """Groups that a page cannot do without; label: which one it is about, as `Subject.key` tells labels apart."""

    label = forms.CharField(required=False, max_length=2_000, strip=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("flow", "base", "new"):
            if not cleaned.get(name):
                self.add_error(name, "Nothing is chosen.")
        return cleaned


class DiffForm(AskedGroupsForm, RangeForm):
    """Whose calls are compared, of which label, thread or range, and how.

    thread: as `thread_keys` names them; scale: µs, or shares of each side's whole.
    """

    thread = forms.CharField(required=False, max_length=2_000, strip=False)
    weight = forms.ChoiceField(choices=[("wall", "Wall"), ("cpu", "CPU")], required=False)
    own = forms.BooleanField(required=False)
    collapse = forms.BooleanField(required=False)
    scale = forms.ChoiceField(choices=[("time", "Time"), ("share", "Share")], required=False)
    sort = forms.ChoiceField(choices=[(sort, sort) for sort in ("own", "total", "calls", "name")], required=False)
    q = forms.CharField(required=False, max_length=200)
    rows = forms.IntegerField(required=False, min_value=1, max_value=2000)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        defaults = {"weight": "wall", "scale": "time", "sort": "own", "rows": 50}
        for name, value in defaults.items():
            cleaned[name] = cleaned.get(name) or value
        return cleaned | {"exclude": [], "package": ""}


class MomentsForm(AskedGroupsForm):
    """Two moments, one of a session of each side: an exchange, a stretch in ms, or else the whole session.

    what: what is looked at. label: what it lies in.
    """

    what = forms.CharField(required=False, max_length=2_000, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for side in ("base", "new"):
            self.fields[f"{side}_session"] = forms.CharField(required=False, max_length=36, strip=False)
            self.fields[f"{side}_exchange"] = forms.IntegerField(required=False)
            for edge in ("from", "to"):
                self.fields[f"{side}_{edge}"] = forms.FloatField(required=False)


class BaselineForm(CompareForm):
    """Which side of a comparison becomes the flow's baseline."""

    side = forms.ChoiceField(choices=[("base", "base"), ("new", "new")])


class PairForm(forms.Form):
    """Two sessions on one time axis."""

    base = forms.CharField(max_length=255)
    new = forms.CharField(max_length=255)


class PairRangeForm(PairForm, RangeForm):
    """The same in a range of the axis."""
