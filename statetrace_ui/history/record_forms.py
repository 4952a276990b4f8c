"""Forms for the query strings of records and tables as of a moment."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from statetrace_ui.history.as_of.moments import Asked
from statetrace_ui.history.forms import LONGEST_NAME, RecordForm, TableForm
from statetrace_ui.web.forms import FIRST_MOMENT, LAST_MOMENT
from statetrace_ui.web.paging import HIGHEST_ID

MOST_STOPS = 60
NUMBER = re.compile(r"\d{1,19}", re.ASCII)
EXAMPLE = "Write a time such as 2026-11-24 10:34:20, a day, or the number of a change."


class MomentField(forms.CharField):
    """A moment as it stands in an address: a change's number; or a time or a day, which means its end.

    Times are in the viewer's zone unless they name another one.
    """

    def __init__(self) -> None:
        super().__init__(required=False, max_length=40)

    def clean(self, value: Any) -> Asked:
        text = super().clean(value).strip()
        if not text:
            return None
        if NUMBER.fullmatch(text):
            return min(int(text), HIGHEST_ID)
        at = _time(text)
        if at is None or not FIRST_MOMENT <= at <= LAST_MOMENT:
            raise forms.ValidationError(EXAMPLE)
        return at


def _time(text: str) -> dt.datetime | None:
    """Aware; None for a text that is no time."""
    try:
        if day := parse_date(text):
            at: dt.datetime | None = dt.datetime.combine(day, dt.time(23, 59, 59))
        else:
            at = parse_datetime(text)
        return timezone.make_aware(at) if at and timezone.is_naive(at) else at
    except (ValueError, OverflowError):
        return None


class MomentsForm(RecordForm):
    """A record as of a moment, perhaps beside another one.

    step: a place in `stops`, the numbers of changes between which a slider moves; it then says `at`.
    """

    at = MomentField()
    against = MomentField()
    step = forms.IntegerField(required=False, min_value=0, max_value=MOST_STOPS)
    stops = forms.RegexField(r"\A\d{1,19}(,\d{1,19})*\Z", required=False, max_length=20 * MOST_STOPS)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        step, stops = data.pop("step", None), (data.pop("stops", "") or "").split(",")
        if step is not None:
            if not (step < len(stops) and stops[step]):
                raise forms.ValidationError("There is no such step.")
            data["at"] = min(int(stops[step]), HIGHEST_ID)
        return {**data, "stepped": step is not None}


class ReferencesForm(RecordForm):
    """What refers to a record. by, columns: the table and the columns of one key by which rows do; all if empty."""

    at = MomentField()
    by = forms.CharField(required=False, max_length=LONGEST_NAME, strip=False)
    columns = forms.CharField(required=False, max_length=3_000, strip=False)


class RowTextForm(RecordForm):
    """What of a row is written as text. column: one value alone."""

    at = MomentField()
    form = forms.ChoiceField(choices=[("json", "JSON"), ("sql", "SQL"), ("value", "Value")])
    column = forms.CharField(required=False, max_length=200, strip=False)


class TableAtForm(TableForm):
    """The rows of a table as of a moment. key: as people write it: the beginning of keys, or a whole one."""

    at = MomentField()
    key = forms.CharField(required=False, max_length=200)
    cursor = forms.CharField(required=False, max_length=4_000, widget=forms.HiddenInput)
