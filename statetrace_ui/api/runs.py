"""Syncs and verifications of exports: asked for, listed, tried again, cancelled."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Status

from replica.exports import state, verification
from replica.exports.jobs import cancel, request_sync
from replica.exports.models import SyncRun, UserFlowExport, Verification
from replica.exports.outcomes import RunOutcome
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.api import export_shapes, shapes
from statetrace_ui.api.access import export_of, session_of
from statetrace_ui.api.export_shapes import TargetId
from statetrace_ui.api.framework import Token
from statetrace_ui.api.idempotency import once
from statetrace_ui.api.paging import USUAL, Cursor, Limit
from statetrace_ui.api.problems import Problem
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows
from statetrace_ui.api.scopes import Scope
from statetrace_ui.web.paging import HIGHEST_ID, newest_first

TAGS = ["Exports"]
RUN = "/{uuid:user_flow_id}/exports/{int:run_id}"


@flows.post("/{uuid:user_flow_id}/dbsync", tags=TAGS, auth=Token(Scope.EXPORT), response={202: export_shapes.Run})
@once
def sync(
    request: ApiRequest,
    user_flow_id: UUID,
    body: export_shapes.SyncWish = export_shapes.NO_SYNC_WISH,
    target_id: TargetId = None,
) -> Status[Any]:
    """Ask for a sync; the answer is the run, which may be one that waits already."""
    export = export_of(request, user_flow_id, target_id)
    sessions = [_session_in(request, export, body.session_id)] if body.session_id else None
    if body.again:
        state.copy_again(export, sessions)
    return Status(202, _run(_asked(export, sessions)))


def _asked(export: UserFlowExport, sessions: list[str] | None) -> SyncRun:
    run = request_sync(export, sessions)
    one = f": session {sessions[0]}" if sessions and len(sessions) == 1 else ""
    record(Event.SYNC_REQUESTED, f"{export}{one}")
    return run


def _session_in(request: ApiRequest, export: UserFlowExport, session_id: UUID) -> str:
    owner, session = session_of(request, session_id)
    if owner.user_flow_id != export.user_flow_id:
        raise Http404
    return str(session["session_id"])


@flows.post(RUN + "/retry", tags=TAGS, auth=Token(Scope.EXPORT), response={202: export_shapes.Run})
@once
def retry_export(request: ApiRequest, user_flow_id: UUID, run_id: shapes.Id, target_id: TargetId = None) -> Status[Any]:
    """Try a run again that failed or was cancelled, with the same sessions; one that waits for its time, at once."""
    export = export_of(request, user_flow_id, target_id)
    run = _run_of(export, run_id)
    if run.outcome in (RunOutcome.RUNNING, RunOutcome.DONE):
        raise Problem(409, f"This run is {run.outcome}, so there is nothing to try again. Ask for a sync.")
    return Status(202, _run(_asked(export, run.sessions)))


@flows.delete(RUN, tags=TAGS, auth=Token(Scope.EXPORT), response={202: export_shapes.Run})
def cancel_export(
    request: ApiRequest, user_flow_id: UUID, run_id: shapes.Id, target_id: TargetId = None
) -> Status[Any]:
    """End a run: one that waits at once, one that is performed within seconds. What it has committed stays."""
    run = _run_of(export_of(request, user_flow_id, target_id), run_id)
    cancel(run, request.user.get_username())
    record(Event.SYNC_CANCELLED, run.export)
    run.refresh_from_db()
    return Status(202, _run(run))


@flows.get("/{uuid:user_flow_id}/exports/recent", tags=TAGS, auth=Token(Scope.READ), response=export_shapes.Runs)
def list_exports(
    request: ApiRequest, user_flow_id: UUID, target_id: TargetId = None, limit: Limit = USUAL, cursor: Cursor = ""
) -> dict[str, Any]:
    """The runs of the export, newest first."""
    page = newest_first(export_of(request, user_flow_id, target_id).runs.all(), ("id",), cursor, limit)
    return {"exports": [_run(run) for run in page.rows], "next_cursor": page.older}


@flows.post(
    "/{uuid:user_flow_id}/verify", tags=TAGS, auth=Token(Scope.EXPORT), response={202: export_shapes.Verification}
)
@once
def verify_export(request: ApiRequest, user_flow_id: UUID, target_id: TargetId = None) -> Status[Any]:
    """Have the contents of source and copy compared; the answer may be a comparison that waits already."""
    export = export_of(request, user_flow_id, target_id)
    asked = verification.request(export)
    record(Event.EXPORT_VERIFIED, export)
    return Status(202, _verification(asked))


@flows.get(
    "/{uuid:user_flow_id}/verifications", tags=TAGS, auth=Token(Scope.READ), response=export_shapes.Verifications
)
def list_verifications(
    request: ApiRequest, user_flow_id: UUID, target_id: TargetId = None, limit: Limit = USUAL, cursor: Cursor = ""
) -> dict[str, Any]:
    """Newest first: comparisons of contents that were asked for, and those of counts after syncs."""
    page = newest_first(export_of(request, user_flow_id, target_id).verifications.all(), ("id",), cursor, limit)
    return {"verifications": [_verification(one) for one in page.rows], "next_cursor": page.older}


def _run_of(export: UserFlowExport, run_id: int) -> SyncRun:
    """Raises Http404."""
    return get_object_or_404(export.runs, pk=min(run_id, HIGHEST_ID))


def _run(run: SyncRun) -> dict[str, Any]:
    names = ("outcome", "requested_at", "started_at", "finished_at", "sessions_total", "sessions_done")
    told = {name: getattr(run, name) for name in (*names, "attempt", "retry_at", "error")}
    return {"run_id": run.pk, "rows": run.rows_by_table, **told}


def _verification(one: Verification) -> dict[str, Any]:
    names = ("by_content", "outcome", "requested_at", "finished_at", "sessions", "rows", "waiting", "differing")
    told = {name: getattr(one, name) for name in (*names, "differences", "error")}
    return {"verification_id": one.pk, **told}
