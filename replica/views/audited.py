"""What was captured while an audited session went on: the way back from it to captured sessions."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from replica.databases.reading import read_replica
from replica.queries.sessions import audited_tags, sessions_beside
from replica.schema.models import SessionMetadata
from statetrace_ui.history.models import Session
from statetrace_ui.history.queries import get_session_for, is_key_of
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.requests import Request, member_view

SURE_CHARACTERS = 25  # of a long key history keeps at least these


@member_view
def captured_beside(request: Request, pk: int) -> HttpResponse:
    """The captured sessions whose tags name the audited session: a fragment of its page."""
    audited = get_session_for(request.organisation, pk)
    context: dict[str, Any] = {}
    try:
        context["sessions"] = read_replica(request.organisation, lambda alias: _beside(alias, audited))
    except UserError as error:
        context["unknown"] = error.sentence
    return render(request, "replica/beside.html", context)


def _beside(alias: str, audited: Session) -> list[SessionMetadata]:
    tags = audited_tags(alias, audited.key[:SURE_CHARACTERS])
    return sessions_beside(alias, [tag for tag in tags if is_key_of(audited, tag)])
