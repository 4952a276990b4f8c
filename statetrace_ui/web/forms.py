"""Query strings as forms, so that filters are validated before any query runs; and forms of the account."""

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
    wrong = "; ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
    raise UserError(f"This address has a part that is not understood: {wrong}", "Correct it, or clear the filters.")


class OrganisationForm(forms.Form):
    """One of the organisations that the user is a member of."""

    organisation = forms.ModelChoiceField(Organisation.objects.none())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.filter(members=user)  # type: ignore[attr-defined]
