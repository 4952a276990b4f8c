"""The first page: what happened last on both sides, each one click from its session."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render

from replica.databases.reading import read_replica
from replica.queries.sessions import Holdings, holdings, newest_sessions
from replica.schema.models import SessionMetadata
from statetrace_ui.history.queries import recent_sessions, sources_of
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.requests import Request, member_view

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Measured:
    """The newest captured sessions with what they hold; where the replica cannot be read, why."""

    sessions: list[tuple[SessionMetadata, Holdings]]
    error: UserError | None = None


@member_view
def home(request: Request) -> HttpResponse:
    context = {
        "sources": sources_of(request.organisation),
        "audited": recent_sessions(request.organisation, SHOWN),
        "measured": measured(request.organisation),
    }
    return render(request, "home.html", context)


def measured(organisation: Organisation) -> Measured:
    try:
        return Measured(read_replica(organisation, _newest))
    except UserError as error:
        return Measured([], error)


def _newest(alias: str) -> list[tuple[SessionMetadata, Holdings]]:
    sessions = newest_sessions(alias, SHOWN)
    held = holdings(alias, [session.session_id for session in sessions])
    return [(session, held.get(session.session_id, Holdings())) for session in sessions]
