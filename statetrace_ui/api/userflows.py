"""User flows: their list, their state, and what their sessions hold."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ninja import Status

from replica.editing import stored_lists
from replica.exports import state
from replica.exports.models import UserFlowExport
from replica.importing.service import put_flow
from statetrace_ui.api import export_shapes, shapes
from statetrace_ui.api.access import flow_of
from statetrace_ui.api.framework import Token
from statetrace_ui.api.idempotency import once
from statetrace_ui.api.paging import USUAL, Cursor, Limit, after, following
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows
from statetrace_ui.api.scopes import Scope
from statetrace_ui.web.paging import oldest_first

TAGS = ["User flows"]


@flows.get("", tags=TAGS, auth=Token(Scope.READ), response=export_shapes.Flows)
def list_user_flows(request: ApiRequest, limit: Limit = USUAL, cursor: Cursor = "") -> dict[str, Any]:
    """By name."""
    page = oldest_first(request.organisation.user_flow_exports.all(), ("name", "id"), cursor, limit)
    flows = [{"name": flow.name, "user_flow_id": flow.user_flow_id} for flow in page.rows]
    return {"user_flows": flows, "next_cursor": page.older}


@flows.put("", tags=TAGS, auth=Token(Scope.INGEST), response={200: export_shapes.FlowId, 201: export_shapes.FlowId})
@once
def put_user_flow(request: ApiRequest, body: export_shapes.FlowWish) -> Status[export_shapes.FlowId]:
    """Make the flow of that name (201); one that is there gets the description (200)."""
    flow, is_new = put_flow(request.organisation, body.name, body.description)
    return Status(201 if is_new else 200, export_shapes.FlowId(user_flow_id=flow.user_flow_id))


@flows.get("/{uuid:user_flow_id}", tags=TAGS, auth=Token(Scope.READ), response=export_shapes.Flow)
def read_user_flow(request: ApiRequest, user_flow_id: UUID) -> dict[str, Any]:
    return shown(flow_of(request, user_flow_id))


def shown(flow: UserFlowExport) -> dict[str, Any]:
    [now] = state.states([flow])
    return {
        "name": flow.name,
        "user_flow_id": flow.user_flow_id,
        "description": flow.description,
        "autosync": int(now.options.autosync),
        "status": now.status,
        "waiting": now.pending,
        "paused_at": flow.paused_at,
    }


@flows.get("/{uuid:user_flow_id}/sessions", tags=TAGS, auth=Token(Scope.READ), response=shapes.Sessions)
def list_sessions(request: ApiRequest, user_flow_id: UUID, limit: Limit = USUAL, cursor: Cursor = "") -> dict[str, Any]:
    """As the store has them, those that began last first."""
    flow, last = flow_of(request, user_flow_id), after(cursor, datetime, str)
    begins = (last[0].astimezone(UTC).replace(tzinfo=None), last[1]) if last else None
    rows = stored_lists.flow_sessions(flow.user_flow_id, begins, limit + 1)
    page, more = following(rows, limit, ("start_time", "session_id"))
    return {"sessions": page, "next_cursor": more}


@flows.get("/{uuid:user_flow_id}/measurements", tags=TAGS, auth=Token(Scope.READ), response=shapes.Measurements)
def list_measurements(
    request: ApiRequest,
    user_flow_id: UUID,
    session_id: UUID | None = None,
    key: shapes.Key = None,
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """By session, name and type; of one session or name alone, if that is given."""
    flow, last = flow_of(request, user_flow_id), after(cursor, str, str, str) or ("", "", "")
    session = str(session_id) if session_id else None
    rows = stored_lists.flow_measurements(flow.user_flow_id, tuple(last), limit + 1, session, key)
    page, more = following(rows, limit, ("session_id", "key", "type"))
    return {"measurements": page, "next_cursor": more}


@flows.get("/{uuid:user_flow_id}/events", tags=TAGS, auth=Token(Scope.READ), response=shapes.Labels)
def list_events(
    request: ApiRequest,
    user_flow_id: UUID,
    session_id: UUID | None = None,
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """The labels of its sessions, which are what happened in them: moments and stretches. Times are seconds."""
    flow, last = flow_of(request, user_flow_id), after(cursor, str, str) or ("", "")
    session = str(session_id) if session_id else None
    rows = stored_lists.flow_labels(flow.user_flow_id, tuple(last), limit + 1, session)
    page, more = following(rows, limit, ("session_id", "label_id"))
    return {"events": page, "next_cursor": more}
