"""The organisation's exports: how they stand, how they went, and how its own tools reach the replica."""

from typing import Any

import psycopg
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from replica.databases import credentials
from replica.databases.models import Replica
from replica.exports import state
from replica.exports.forms import AutosyncForm, RunsQuery
from replica.exports.jobs import request_sync, worker_is_alive
from replica.exports.models import UserFlowExport
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.models import Membership
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


@require_GET
@member_view
def connection(request: Request) -> HttpResponse:
    return render(request, "exports/connection.html", _connection_context(request))


@require_POST
@never_cache
@manager_view
def reset_credentials(request: Request) -> HttpResponse:
    """Answers with the page itself, the only one that ever shows the password: it is not stored anywhere."""
    replica = Replica.objects.filter(organisation=request.organisation).exclude(owner_url="").first()
    if replica is None:
        raise UserError("There are no credentials to reset.", "The first sync makes the replica database.", status=404)
    try:
        access = credentials.reset(replica)
    except psycopg.Error:
        raise UserError(
            "The password was not changed: the replica's server does not answer, or refuses.",
            "Try again in a minute; the old password still holds.",
            status=503,
        ) from None
    return render(request, "exports/connection.html", {**_connection_context(request), "access": access})


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
        "may_manage": _may_manage(request),
    }


def _may_manage(request: Request) -> bool:
    return request.membership is not None and request.membership.role == Membership.Role.MANAGER


def _connection_context(request: Request) -> dict[str, Any]:
    replica = Replica.objects.filter(organisation=request.organisation).first()
    context: dict[str, Any] = {"replica": replica, "may_manage": _may_manage(request)}
    if replica and replica.owner_url:
        context["access"] = credentials.access(replica)
        try:
            context["holders"] = credentials.holders(replica)
        except psycopg.Error:
            context["holders"] = None
    return context


def _back(request: Request, pk: int) -> HttpResponse:
    """To the page that asked, or its fragment: htmx follows the redirection with its own headers."""
    return redirect("exports:export", pk) if "detail" in request.POST else redirect("exports:list")
