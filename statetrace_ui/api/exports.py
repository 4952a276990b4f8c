"""Exports of user flows: their settings, syncs asked for, and their runs."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Status

from replica.exports import choosing, state
from replica.exports.jobs import cancel, request_sync
from replica.exports.models import SyncRun, UserFlowExport
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.api import editions, export_shapes, shapes
from statetrace_ui.api.access import flow_of, session_of
from statetrace_ui.api.framework import Token
from statetrace_ui.api.idempotency import once
from statetrace_ui.api.paging import USUAL, Cursor, Limit
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows
from statetrace_ui.api.scopes import Scope
from statetrace_ui.web.paging import HIGHEST_ID, newest_first

TAGS = ["Exports"]


@flows.get("/{uuid:user_flow_id}/settings", tags=TAGS, auth=Token(Scope.READ), response=export_shapes.Settings)
def read_settings(request: ApiRequest, response: HttpResponse, user_flow_id: UUID) -> dict[str, Any]:
    return _told(response, flow_of(request, user_flow_id))


@flows.post("/{uuid:user_flow_id}/settings", tags=TAGS, auth=Token(Scope.EXPORT), response=export_shapes.Settings)
@editions.edits
def change_settings(
    request: ApiRequest, response: HttpResponse, user_flow_id: UUID, body: export_shapes.SettingsWish
) -> dict[str, Any]:
    """Switched on, AutoSync begins with the sessions that wait already."""
    flow = flow_of(request, user_flow_id)
    with transaction.atomic():
        locked = UserFlowExport.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=flow.pk)
        editions.check(request, editions.etag(_settings(locked)))
        if "autosync" in body.model_fields_set:
            _set_autosync(locked, body.autosync)
        if body.model_fields_set - {"autosync"}:
            _set_own(locked, body)
    return _told(response, locked)


def _set_autosync(flow: UserFlowExport, autosync: int | None) -> None:
    state.set_autosync(flow, None if autosync is None else bool(autosync))
    record(Event.AUTOSYNC_CHANGED, f"{flow}: { {0: 'off', 1: 'on', None: 'default'}[autosync] }")


def _set_own(flow: UserFlowExport, body: export_shapes.SettingsWish) -> None:
    chosen = {**_settings(flow), **body.model_dump(exclude_unset=True)}
    types, days, newest = (chosen[name] for name in ("table_types", "keep_days", "keep_newest"))
    own_limits = days is not None or newest is not None
    choosing.set_own(flow, types is not None, own_limits, choosing.Choice(types, days, newest))


@flows.post("/{uuid:user_flow_id}/dbsync", tags=TAGS, auth=Token(Scope.EXPORT), response={202: export_shapes.Run})
@once
def sync(
    request: ApiRequest, user_flow_id: UUID, body: export_shapes.SyncWish = export_shapes.NO_SYNC_WISH
) -> Status[Any]:
    """Ask for a sync; the answer is the run, which may be one that waits already."""
    flow = flow_of(request, user_flow_id)
    sessions = [_session_in(request, flow, body.session_id)] if body.session_id else None
    if body.again:
        state.copy_again(flow, sessions)
    run = request_sync(flow, sessions)
    record(Event.SYNC_REQUESTED, f"{flow}: session {sessions[0]}" if sessions else flow)
    return Status(202, _run(run))


def _session_in(request: ApiRequest, flow: UserFlowExport, session_id: UUID) -> str:
    owner, session = session_of(request, session_id)
    if owner != flow:
        raise Http404
    return str(session["session_id"])


@flows.delete(
    "/{uuid:user_flow_id}/exports/{int:run_id}", tags=TAGS, auth=Token(Scope.EXPORT), response={202: export_shapes.Run}
)
def cancel_export(request: ApiRequest, user_flow_id: UUID, run_id: shapes.Id) -> Status[Any]:
    """End a run: one that waits at once, one that is performed within seconds. What it has committed stays."""
    run = get_object_or_404(flow_of(request, user_flow_id).runs, pk=min(run_id, HIGHEST_ID))
    cancel(run, request.user.get_username())
    record(Event.SYNC_CANCELLED, run.export)
    run.refresh_from_db()
    return Status(202, _run(run))


@flows.get("/{uuid:user_flow_id}/exports/recent", tags=TAGS, auth=Token(Scope.READ), response=export_shapes.Runs)
def list_exports(request: ApiRequest, user_flow_id: UUID, limit: Limit = USUAL, cursor: Cursor = "") -> dict[str, Any]:
    """The runs of the flow, newest first."""
    page = newest_first(flow_of(request, user_flow_id).runs.all(), ("id",), cursor, limit)
    return {"exports": [_run(run) for run in page.rows], "next_cursor": page.older}


@flows.get(
    "/session/{uuid:session_id}/export/status",
    tags=TAGS,
    auth=Token(Scope.READ),
    response=export_shapes.SessionExport,
)
def read_session_export(request: ApiRequest, session_id: UUID) -> dict[str, Any]:
    flow, session = session_of(request, session_id)
    waits = state.session_waits(flow, session["session_id"])
    return {
        "session_id": session["session_id"],
        "user_flow_id": flow.user_flow_id,
        "status": "Out of Sync" if waits else "In Sync",
        "flow_status": state.states([flow])[0].status,
    }


def _settings(flow: UserFlowExport) -> dict[str, Any]:
    autosync = None if flow.autosync is None else int(flow.autosync)
    limits = {"keep_days": flow.keep_days, "keep_newest": flow.keep_newest}
    return {"autosync": autosync, "table_types": flow.table_types, **limits}


def _told(response: HttpResponse, flow: UserFlowExport) -> dict[str, Any]:
    response.headers["ETag"] = editions.etag(_settings(flow))
    return _settings(flow)


def _run(run: SyncRun) -> dict[str, Any]:
    names = ("outcome", "requested_at", "started_at", "finished_at", "sessions_total", "sessions_done")
    told = {name: getattr(run, name) for name in (*names, "attempt", "retry_at", "error")}
    return {"run_id": run.pk, "rows": run.rows_by_table, **told}
