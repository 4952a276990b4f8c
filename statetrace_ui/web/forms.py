"""Query strings as forms: a page's filters are validated before any query runs."""

from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest

from statetrace_ui.web.errors import UserError

F = TypeVar("F", bound=forms.Form)


def parse_query(form_class: type[F], request: HttpRequest, **kwargs: Any) -> F:
    """The bound, valid form of the request's query string; otherwise 400, naming what is wrong."""
    form = form_class(request.GET, **kwargs)
    if form.is_valid():
        return form
    wrong = "; ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
    raise UserError(f"This address has a part that is not understood: {wrong}", "Correct it, or clear the filters.")
