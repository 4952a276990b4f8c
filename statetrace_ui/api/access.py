"""Finds what a token's organisation owns. What is another's is not there."""

from uuid import UUID

from django.http import Http404
from psycopg.rows import DictRow

from replica.editing.stored_lists import whole_session
from replica.exports.models import UserFlowExport
from statetrace_ui.api.requests import ApiRequest


def flow_of(request: ApiRequest, user_flow_id: UUID) -> UserFlowExport:
    """Raises Http404."""
    flows = UserFlowExport.objects.select_related("organisation")
    found = flows.filter(organisation=request.organisation, user_flow_id=str(user_flow_id)).first()
    if found is None:
        raise Http404
    return found


def session_of(request: ApiRequest, session_id: UUID) -> tuple[UserFlowExport, DictRow]:
    """The session's flow, and the session with its tags. Raises Http404."""
    found = whole_session(str(session_id))
    if found is None:
        raise Http404
    row, tags = found
    return flow_of(request, UUID(row["user_flow_id"])), {**row, "tags": tags}
