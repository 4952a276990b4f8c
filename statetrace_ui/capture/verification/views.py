"""The page of a source's verifications: everybody sees them, managers start them."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.capture.verification import runs, shown
from statetrace_ui.history import queries
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view


class PageForm(forms.Form):
    """cursor: of the list of differences."""

    cursor = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)


class RunForm(forms.Form):
    """mend: correct what differs, in the tables in which the last run found differences."""

    mend = forms.BooleanField(required=False)


@require_GET
@member_view
def verification(request: Request, pk: int) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    cursor = parse_query(PageForm, request).cleaned_data["cursor"]
    last = shown.last_finished(source)
    context = {
        "source": source,
        "run": shown.newest(source),
        "last": last,
        "tables": shown.tables_of(last) if last else [],
        "page": shown.differences_of(last, cursor) if last else None,
        "earlier": shown.earlier(source),
        "may_manage": request.membership.may_manage,
    }
    return page_or_partial(request, "capture/verification.html", context, "rows" if cursor else "run")


@require_POST
@manager_view
def verify(request: Request, pk: int) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    mends = parse_post(RunForm, request).cleaned_data["mend"]
    names = shown.differing_tables(source) if mends else []
    if names or not mends:
        runs.request(source, names, mends=mends, by=request.user.get_username())
    return redirect("capture:verification", pk)
