"""The organisation's exports: their states, the runs of each, and what managers let them do."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from replica.databases.models import Replica
from replica.exports import choosing, state, verification
from replica.exports.forms import AutosyncForm, OptionsForm, PauseForm, RunsQuery, SyncForm, SyncNowForm
from replica.exports.jobs import cancel, request_sync
from replica.exports.models import Target, UserFlowExport
from replica.exports.options import defaults_of
from replica.exports.outcomes import UNFINISHED, RunOutcome
from replica.figures.runs import RunMark, runs_figure
from replica.schema.table_types import CHOOSABLE
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.paging import newest_first
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view

RUNS_PER_PAGE = 20
CHARTED = 200  # runs
ENDED = (RunOutcome.DONE, RunOutcome.FAILED)


@require_GET
@member_view
def export_list(request: Request) -> HttpResponse:
    exports = UserFlowExport.every.filter(organisation=request.organisation)
    listed = exports.select_related("organisation", "target", "mirror").order_by("name", "target_id")
    return page_or_partial(
        request,
        "exports/list.html",
        {**_context(request, state.overview(listed)), "statuses": list(UserFlowExport.Status)},
        "table",
    )


@require_GET
@member_view
def export_detail(request: Request, pk: int) -> HttpResponse:
    query = parse_query(RunsQuery, request).cleaned_data
    export = _export(request, pk)
    overview = state.overview([export])
    checks = verification.newest(export)
    checking = any(one.unfinished for one in checks)
    context = {
        "state": overview.states[0],
        "checks": checks,
        "checking": checking,
        "differing": verification.differing_sessions(export),
        "live": overview.running or checking,
        "page": newest_first(export.runs.all(), ("id",), query["cursor"], RUNS_PER_PAGE),
        "figure": _figure(export),
        "copies": _copies(request, export),
        "targets": Target.objects.filter(organisation=request.organisation).exclude(accepted_at=None).order_by("name"),
        "table_types": CHOOSABLE,
        "defaults": defaults_of(request.organisation.pk),
        "replica": Replica.objects.filter(organisation=request.organisation).exclude(owner_url="").first(),
        **_context(request, overview),
    }
    partial = "rows" if query["cursor"] else "runs" if query["part"] else "live"
    answer = page_or_partial(request, "exports/export.html", context, partial)
    if partial == "live" and not context["live"]:
        answer["HX-Trigger-After-Swap"] = "runs-changed"  # what stands below is brought up to date once, at the end
    return answer


def _copies(request: Request, export: UserFlowExport) -> list[UserFlowExport]:
    """The other exports of the same flow."""
    alike = UserFlowExport.every.filter(organisation=request.organisation, user_flow_id=export.user_flow_id)
    return list(alike.exclude(pk=export.pk).select_related("target").order_by("pk"))


def _figure(export: UserFlowExport) -> dict[str, Any] | None:
    """A chart of the newest runs, if there is something to compare."""
    runs = export.runs.filter(outcome__in=ENDED, started_at__isnull=False).order_by("-id")[:CHARTED]
    marks = [
        RunMark(run.started_at, run.duration or 0, run.rows, run.outcome == RunOutcome.FAILED)
        for run in reversed(runs)
        if run.started_at
    ]
    return runs_figure(marks, timezone.get_current_timezone()) if len(marks) > 1 else None


@require_POST
@manager_view
def sync_now(request: Request, pk: int) -> HttpResponse:
    form = parse_post(SyncNowForm, request)
    export, again, session = _export(request, pk), form.cleaned_data["again"], form.cleaned_data["session"]
    if again == "differing":
        state.copy_again(export, verification.differing_sessions(export))
    elif again:
        state.copy_again(export)
    request_sync(export, [session] if session else None)
    record(Event.SYNC_REQUESTED, f"{export}: session {session}" if session else export)
    return _back(form, pk)


@require_POST
@manager_view
def set_autosync(request: Request, pk: int) -> HttpResponse:
    form = parse_post(AutosyncForm, request)
    export, wanted = _export(request, pk), form.cleaned_data["autosync"]
    state.set_autosync(export, None if wanted == "default" else bool(wanted))
    record(Event.AUTOSYNC_CHANGED, f"{export}: {wanted or 'off'}")
    return _back(form, pk)


@require_POST
@manager_view
def set_paused(request: Request, pk: int) -> HttpResponse:
    form = parse_post(PauseForm, request)
    export, paused = _export(request, pk), bool(form.cleaned_data["paused"])
    state.set_paused(export, paused)
    record(Event.EXPORT_PAUSED, f"{export}: {'paused' if paused else 'resumed'}")
    return _back(form, pk)


@require_POST
@manager_view
def cancel_sync(request: Request, pk: int) -> HttpResponse:
    form, export = parse_post(SyncForm, request), _export(request, pk)
    for run in export.runs.filter(outcome__in=UNFINISHED):
        cancel(run, request.user.get_username())
        record(Event.SYNC_CANCELLED, export)
    return _back(form, pk)


@require_POST
@manager_view
def verify(request: Request, pk: int) -> HttpResponse:
    form, export = parse_post(SyncForm, request), _export(request, pk)
    verification.request(export)
    record(Event.EXPORT_VERIFIED, export)
    return _back(form, pk)


@require_POST
@manager_view
def set_options(request: Request, pk: int) -> HttpResponse:
    data = parse_post(OptionsForm, request).cleaned_data
    choosing.set_own(_export(request, pk), data["own_tables"], data["own_limits"], choosing.choice_of(data))
    return redirect("exports:export", pk)


def _export(request: Request, pk: int) -> UserFlowExport:
    exports = UserFlowExport.every.select_related("organisation", "target", "mirror")
    return get_object_or_404(exports, pk=pk, organisation=request.organisation)


def _context(request: Request, overview: state.Overview) -> dict[str, Any]:
    return {**vars(overview), "may_manage": request.membership.may_manage}


def _back(form: SyncForm, pk: int) -> HttpResponse:
    """Lead to the page that sent the form, or to its fragment: htmx follows the redirection with its own headers."""
    return redirect("exports:export", pk) if form.cleaned_data["detail"] else redirect("exports:list")
