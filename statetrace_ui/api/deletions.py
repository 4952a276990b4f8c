"""Deleting for good, which a worker carries out: from the replica, then from the store."""

from typing import Any
from uuid import UUID

from ninja import Status

from replica.deletion import service
from replica.deletion.models import Deletion
from statetrace_ui.api import export_shapes
from statetrace_ui.api.access import flow_of, session_of
from statetrace_ui.api.framework import Token
from statetrace_ui.api.paging import USUAL, Cursor, Limit
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows, others
from statetrace_ui.api.scopes import Scope
from statetrace_ui.web.paging import newest_first

TAGS = ["Deleting"]


@flows.delete(
    "/session/{uuid:session_id}", tags=TAGS, auth=Token(Scope.ADMIN), response={202: export_shapes.DeletionTold}
)
def delete_session(request: ApiRequest, session_id: UUID) -> Status[Any]:
    """What is on its way already is not asked for twice."""
    session_of(request, session_id)
    deletion = service.request_session(request.organisation, str(session_id), request.user.get_username())
    return Status(202, told(deletion))


@flows.delete("/{uuid:user_flow_id}", tags=TAGS, auth=Token(Scope.ADMIN), response={202: export_shapes.DeletionTold})
def delete_user_flow(request: ApiRequest, user_flow_id: UUID) -> Status[Any]:
    """With all its sessions."""
    deletion = service.request_flow(flow_of(request, user_flow_id), request.user.get_username())
    return Status(202, told(deletion))


@others.get("/deletions", tags=TAGS, auth=Token(Scope.ADMIN), response=export_shapes.Deletions)
def list_deletions(request: ApiRequest, limit: Limit = USUAL, cursor: Cursor = "") -> dict[str, Any]:
    """Those that were asked for last first."""
    page = newest_first(Deletion.objects.filter(organisation=request.organisation), ("id",), cursor, limit)
    return {"deletions": [told(deletion) for deletion in page.rows], "next_cursor": page.older}


def told(deletion: Deletion) -> dict[str, Any]:
    names = ("kind", "subject", "name", "requested_at", "finished_at", "error")
    return {"deletion_id": deletion.pk, "rows": deletion.counts, **{name: getattr(deletion, name) for name in names}}
