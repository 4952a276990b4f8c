"""The organisation's exports: their states, and the runs of each."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from replica.exports import state
from replica.exports.forms import AutosyncForm, RunsQuery
from replica.exports.jobs import request_sync, worker_is_alive
from replica.exports.models import UserFlowExport
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.paging import newest_first
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view

RUNS_PER_PAGE = 20


@require_GET
@member_view
def export_list(request: Request) -> HttpResponse:
    return page_or_partial(request, "exports/list.html", _list_context(request), "table")


@require_GET
@member_view
def export_detail(request: Request, pk: int) -> HttpResponse:
    query = parse_query(RunsQuery, request)
    export = _export(request, pk)
    [shown] = state.states([export])
    page = newest_first(export.runs.all(), ("id",), query.cleaned_data["cursor"], RUNS_PER_PAGE)
    context = {"state": shown, "page": page, **_common(request, [shown])}
    partial = "runs" if query.cleaned_data["cursor"] else "live"
    return page_or_partial(request, "exports/export.html", context, partial)


@require_POST
@manager_view
def sync_now(request: Request, pk: int) -> HttpResponse:
    request_sync(_export(request, pk))
    return _back(request, pk)


@require_POST
@manager_view
def set_autosync(request: Request, pk: int) -> HttpResponse:
    form = AutosyncForm(request.POST)
    form.is_valid()
    export = _export(request, pk)
    export.autosync = form.cleaned_data["autosync"]
    export.save(update_fields=["autosync"])
    if export.autosync and state.states([export])[0].pending:
        request_sync(export)
    return _back(request, pk)


def _export(request: Request, pk: int) -> UserFlowExport:
    return get_object_or_404(UserFlowExport, pk=pk, organisation=request.organisation)


def _list_context(request: Request) -> dict[str, Any]:
    exports = request.organisation.user_flow_exports.select_related("organisation").order_by("name")
    states = state.states(exports)
    return {"states": states, **_common(request, states)}


def _common(request: Request, states: list[state.ExportState]) -> dict[str, Any]:
    running = any(shown.running for shown in states)
    return {
        "running": running,
        "worker_missing": running and not worker_is_alive(),
        "unreachable": any(shown.pending is None for shown in states),
        "may_manage": request.membership.may_manage,
    }


def _back(request: Request, pk: int) -> HttpResponse:
    """To the page that asked, or its fragment: htmx follows the redirection with its own headers."""
    return redirect("exports:export", pk) if "detail" in request.POST else redirect("exports:list")
