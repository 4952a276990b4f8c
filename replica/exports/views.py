"""The organisation's exports: their states, and the runs of each."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from replica.databases.models import Replica
from replica.exports import state
from replica.exports.forms import AutosyncForm, RunsQuery, SyncForm, SyncNowForm
from replica.exports.jobs import request_sync
from replica.exports.models import UserFlowExport
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.paging import newest_first
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view

RUNS_PER_PAGE = 20


@require_GET
@member_view
def export_list(request: Request) -> HttpResponse:
    exports = request.organisation.user_flow_exports.select_related("organisation").order_by("name")
    return page_or_partial(request, "exports/list.html", _context(request, state.overview(exports)), "table")


@require_GET
@member_view
def export_detail(request: Request, pk: int) -> HttpResponse:
    cursor = parse_query(RunsQuery, request).cleaned_data["cursor"]
    export = _export(request, pk)
    overview = state.overview([export])
    page = newest_first(export.runs.all(), ("id",), cursor, RUNS_PER_PAGE)
    replica = Replica.objects.filter(organisation=request.organisation).exclude(owner_url="").first()
    context = {"state": overview.states[0], "page": page, "replica": replica, **_context(request, overview)}
    return page_or_partial(request, "exports/export.html", context, "runs" if cursor else "live")


@require_POST
@manager_view
def sync_now(request: Request, pk: int) -> HttpResponse:
    form = parse_post(SyncNowForm, request)
    export = _export(request, pk)
    if form.cleaned_data["again"]:
        state.copy_again(export)
    request_sync(export)
    record(Event.SYNC_REQUESTED, export.name)
    return _back(form, pk)


@require_POST
@manager_view
def set_autosync(request: Request, pk: int) -> HttpResponse:
    form = parse_post(AutosyncForm, request)
    export, autosync = _export(request, pk), bool(form.cleaned_data["autosync"])
    state.set_autosync(export, autosync)
    record(Event.AUTOSYNC_CHANGED, f"{export.name}: {'on' if autosync else 'off'}")
    return _back(form, pk)


def _export(request: Request, pk: int) -> UserFlowExport:
    return get_object_or_404(UserFlowExport, pk=pk, organisation=request.organisation)


def _context(request: Request, overview: state.Overview) -> dict[str, Any]:
    return {**vars(overview), "may_manage": request.membership.may_manage}


def _back(form: SyncForm, pk: int) -> HttpResponse:
    """Lead to the page that sent the form, or to its fragment: htmx follows the redirection with its own headers."""
    return redirect("exports:export", pk) if form.cleaned_data["detail"] else redirect("exports:list")
