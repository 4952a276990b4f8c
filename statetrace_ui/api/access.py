"""Finds what a token's organisation owns. What is another's is not there."""

from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from psycopg.rows import DictRow

from replica.editing.stored_lists import whole_session
from replica.exports.models import UserFlowExport
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.web.paging import HIGHEST_ID


def flow_of(request: ApiRequest, user_flow_id: UUID) -> UserFlowExport:
    """Raises Http404."""
    flows = UserFlowExport.objects.filter(organisation=request.organisation, user_flow_id=str(user_flow_id))
    found = get_object_or_404(flows)
    found.organisation = request.organisation  # known already, so that no join or further query reads it
    return found


def export_of(request: ApiRequest, user_flow_id: UUID, target_id: int | None) -> UserFlowExport:
    """The flow's export to its own replica, or its copy in that target. Raises Http404."""
    if target_id is None:
        return flow_of(request, user_flow_id)
    exports = UserFlowExport.every.select_related("organisation", "target", "mirror")
    wanted = {"user_flow_id": str(user_flow_id), "target_id": min(target_id, HIGHEST_ID)}
    return get_object_or_404(exports, organisation=request.organisation, **wanted)


def session_of(request: ApiRequest, session_id: UUID) -> tuple[UserFlowExport, DictRow]:
    """The session's flow, and the session with its tags. Raises Http404."""
    found = whole_session(str(session_id))
    if found is None:
        raise Http404
    row, tags = found
    return flow_of(request, UUID(row["user_flow_id"])), {**row, "tags": tags}
