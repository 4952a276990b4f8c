"""The pages of retention and erasure: every member sees what was removed, managers remove."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.history import forms, queries, removal_forms
from statetrace_ui.history.change_rows import record_label
from statetrace_ui.history.erasure import requests
from statetrace_ui.history.erasure.wanted import Wanted
from statetrace_ui.history.models import Erasure
from statetrace_ui.history.retention import runs
from statetrace_ui.history.retention.rules import set_rule
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view


@require_GET
@member_view
def retention(request: Request, pk: int) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    form = parse_query(forms.CursorForm, request)
    page = queries.retention_runs(source, form.cleaned_data["cursor"])
    context = {
        "source": source,
        "rules": queries.retention_rules(source),
        "tables": [relation.qualified_name for relation in queries.relations(source)],
        "page": page,
        "running": any(run.unfinished for run in page.rows),
        "may_manage": request.membership.may_manage,
    }
    return page_or_partial(
        request, "history/retention.html", context, "rows" if form.cleaned_data["cursor"] else "runs"
    )


@require_POST
@manager_view
def set_retention(request: Request, pk: int) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    data = parse_post(removal_forms.RetentionRuleForm, request).cleaned_data
    set_rule(source, data["table"], data["keep_days"])
    return redirect("history:retention", pk)


@require_POST
@manager_view
def apply_retention(request: Request, pk: int) -> HttpResponse:
    runs.request(queries.get_source_for(request.organisation, pk), request.user.get_username())
    return redirect("history:retention", pk)


@require_GET
@member_view
def erasures(request: Request, pk: int) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    form = parse_query(forms.CursorForm, request)
    return _erasures(
        request, pk, queries.erasures(source, form.cleaned_data["cursor"]), removal_forms.ErasePersonForm()
    )


def _erasures(request: Request, pk: int, page: Any, form: Any, problem: UserError | None = None) -> HttpResponse:
    context = {
        "source": queries.get_source_for(request.organisation, pk),
        "page": page,
        "form": form,
        "problem": problem,
        "may_manage": request.membership.may_manage,
    }
    return page_or_partial(request, "history/erasures.html", context, "rows", status=problem.status if problem else 200)


@require_POST
@manager_view
def erase_person(request: Request, pk: int) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    form = removal_forms.ErasePersonForm(request.POST)
    try:
        if not form.is_valid():
            raise UserError("The request has a field that is not understood.", "Correct what is marked.")
        places, wanted = requests.person_wanted(source, **form.wanted)
        return _asked(request, source.pk, Erasure.Kind.PERSON, places, wanted, form.cleaned_data["reason"])
    except UserError as problem:
        return _erasures(request, pk, queries.erasures(source), form, problem)


@require_POST
@manager_view
def erase_record(request: Request, pk: int) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    data = parse_post(removal_forms.EraseRecordForm, request).cleaned_data
    places, wanted = requests.record_wanted(source, data["table"], data["key"], data["key_too"])
    return _asked(request, source.pk, Erasure.Kind.RECORD, places, wanted, data["reason"])


def _asked(
    request: Request, pk: int, kind: Erasure.Kind, places: list[requests.Place], wanted: Wanted, reason: str
) -> HttpResponse:
    source = queries.get_source_for(request.organisation, pk)
    erasure = requests.ask(source, kind, places, wanted, reason, request.user.get_username())
    requests.defer(erasure)
    return redirect("history:erasure", erasure.pk)


@require_GET
@member_view
def erasure(request: Request, pk: int) -> HttpResponse:
    """What is looked for is for managers alone, and only until it is done."""
    shown = queries.get_erasure_for(request.organisation, pk)
    may_manage = request.membership.may_manage
    wanted = Wanted.from_json(shown.wanted) if shown.wanted and may_manage else None
    context = {
        "erasure": shown,
        "source": shown.source,
        "wanted": wanted,
        "label": record_label(wanted.key) if wanted else "",
        "counts": sorted((shown.done or shown.found).items()),
        "may_manage": may_manage,
    }
    return page_or_partial(request, "history/erasure.html", context, "state")


@require_POST
@manager_view
def confirm_erasure(request: Request, pk: int) -> HttpResponse:
    found = queries.get_erasure_for(request.organisation, pk)
    requests.confirm(found, request.user.get_username())
    requests.defer(found)
    return redirect("history:erasure", pk)


@require_POST
@manager_view
def cancel_erasure(request: Request, pk: int) -> HttpResponse:
    requests.cancel(queries.get_erasure_for(request.organisation, pk))
    return redirect("history:erasure", pk)
