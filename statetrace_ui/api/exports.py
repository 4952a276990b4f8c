"""Exports of user flows: their settings, and whether AutoSync waits."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse

from replica.exports import choosing, state
from replica.exports.models import UserFlowExport
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.api import editions, export_shapes
from statetrace_ui.api.access import export_of, session_of
from statetrace_ui.api.export_shapes import TargetId
from statetrace_ui.api.framework import Token
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows
from statetrace_ui.api.scopes import Scope
from statetrace_ui.api.userflows import shown

TAGS = ["Exports"]


@flows.get("/{uuid:user_flow_id}/settings", tags=TAGS, auth=Token(Scope.READ), response=export_shapes.Settings)
def read_settings(
    request: ApiRequest, response: HttpResponse, user_flow_id: UUID, target_id: TargetId = None
) -> dict[str, Any]:
    return _told(response, export_of(request, user_flow_id, target_id))


@flows.post("/{uuid:user_flow_id}/settings", tags=TAGS, auth=Token(Scope.EXPORT), response=export_shapes.Settings)
@editions.edits
def change_settings(
    request: ApiRequest,
    response: HttpResponse,
    user_flow_id: UUID,
    body: export_shapes.SettingsWish,
    target_id: TargetId = None,
) -> dict[str, Any]:
    """Switched on, AutoSync begins with the sessions that wait already."""
    flow = export_of(request, user_flow_id, target_id)
    with transaction.atomic():
        locked = UserFlowExport.every.select_for_update(of=("self",)).select_related("organisation").get(pk=flow.pk)
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


@flows.post("/{uuid:user_flow_id}/pause", tags=TAGS, auth=Token(Scope.EXPORT), response=export_shapes.Flow)
def pause_export(request: ApiRequest, user_flow_id: UUID, target_id: TargetId = None) -> dict[str, Any]:
    """Let AutoSync wait from now on. A sync that somebody asks for is made all the same."""
    return _paused(export_of(request, user_flow_id, target_id), True)


@flows.post("/{uuid:user_flow_id}/resume", tags=TAGS, auth=Token(Scope.EXPORT), response=export_shapes.Flow)
def resume_export(request: ApiRequest, user_flow_id: UUID, target_id: TargetId = None) -> dict[str, Any]:
    """Let AutoSync go on, with what waits."""
    return _paused(export_of(request, user_flow_id, target_id), False)


def _paused(export: UserFlowExport, paused: bool) -> dict[str, Any]:
    if bool(export.paused_at) != paused:
        state.set_paused(export, paused)
        record(Event.EXPORT_PAUSED, f"{export}: {'paused' if paused else 'resumed'}")
    return shown(export)


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
