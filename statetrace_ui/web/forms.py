"""Requests as forms, so that query strings and posted fields are validated before any query runs."""

from typing import Any, TypeVar

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest

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


def parse_post(form_class: type[F], request: HttpRequest, **kwargs: Any) -> F:
    """The bound, valid form of the posted fields; otherwise 400, naming what is wrong."""
    form = form_class(request.POST, **kwargs)
    if form.is_valid():
        return form
    problem = f"This form has a field that is not understood: {_problems(form)}"
    raise UserError(problem, "Reload the page and send it again.")


def _problems(form: forms.Form) -> str:
    return "; ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())


class OrganisationForm(forms.Form):
    """One of the organisations that the user is a member of."""

    organisation = forms.ModelChoiceField(Organisation.objects.none())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.filter(members=user)  # type: ignore[attr-defined]
