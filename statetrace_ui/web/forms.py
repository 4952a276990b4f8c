"""Requests as forms, so that query strings and posted fields are validated before any query runs."""

import datetime as dt
import re
from typing import Any, TypeVar

from django import forms
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils import timezone

from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

F = TypeVar("F", bound=forms.Form)


def parse_query(form_class: type[F], request: HttpRequest, **kwargs: Any) -> F:
    """The valid form of the request's query string. Raises UserError (400), which names the invalid parts."""
    form = form_class(request.GET, **kwargs)
    if form.is_valid():
        return form
    problem = f"This address has a part that is not understood: {_problems(form)}"
    raise UserError(problem, "Correct it, or clear the filters.")


def parse_filters(form_class: type[F], request: HttpRequest, **kwargs: Any) -> F:
    """The form of a page's filters. What is wrong with a field that the page shows stays in `errors`, for the page to
    say beside it. Raises UserError (400) for what people do not type, such as a cursor that was cut short.
    """
    form = form_class(request.GET, **kwargs)
    shown = {field.name for field in form.visible_fields()}
    if not form.is_valid() and not set(form.errors) <= shown:
        problem = f"This address has a part that is not understood: {_problems(form)}"
        raise UserError(problem, "Correct it, or clear the filters.")
    return form


def parse_post(form_class: type[F], request: HttpRequest, **kwargs: Any) -> F:
    """The bound, valid form of the posted fields; otherwise 400, naming what is wrong."""
    form = form_class(request.POST, **kwargs)
    if form.is_valid():
        return form
    problem = f"This form has a field that is not understood: {_problems(form)}"
    raise UserError(problem, "Reload the page and send it again.")


def _problems(form: forms.Form) -> str:
    return "; ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())


NOT_LISTED = {"invalid_choice": "Choose one of the list."}
FIRST_MOMENT = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LAST_MOMENT = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class _MomentInput(forms.DateTimeInput):
    """A field for a day and a minute; `of_day` is the minute that stands for an address which names a day alone."""

    def __init__(self, of_day: str) -> None:
        super().__init__(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        self.of_day = of_day

    def format_value(self, value: Any) -> str | None:
        return f"{value}T{self.of_day}" if DAY.fullmatch(str(value)) else super().format_value(value)


def _moment(label: str, of_day: str) -> forms.DateTimeField:
    limits = [MinValueValidator(FIRST_MOMENT), MaxValueValidator(LAST_MOMENT)]
    return forms.DateTimeField(required=False, label=label, widget=_MomentInput(of_day), validators=limits)


class PeriodForm(forms.Form):
    """Minutes or whole days in the viewer's zone, both included.

    Cleaned to `start` (inclusive) and `end` (exclusive), or None.
    """

    since = _moment("From", "00:00")
    until = _moment("To", "23:59")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        start, until = data.pop("since", None), data.pop("until", None)
        end = self._end(until) if until else None
        if start and end and end <= start:
            self.add_error("until", "The end is before the beginning.")
        return {**data, "start": start, "end": end}

    def _end(self, until: dt.datetime) -> dt.datetime:
        if not DAY.fullmatch(self.data["until"]):
            return until + dt.timedelta(minutes=1)
        next_day = timezone.localdate(until) + dt.timedelta(days=1)
        return dt.datetime.combine(next_day, dt.time.min, timezone.get_current_timezone())


class OrganisationForm(forms.Form):
    """One of the organisations that the user is a member of."""

    organisation = forms.ModelChoiceField(Organisation.objects.none())
    next = forms.CharField(required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.filter(members=user)  # type: ignore[attr-defined]
