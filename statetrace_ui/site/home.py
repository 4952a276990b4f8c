"""The first page: what happened last on both sides, each one click from its session."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from replica import queries as replica_queries
from replica.databases.connections import alias_for
from statetrace_ui.history import queries as history_queries
from statetrace_ui.history.models import Source
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.requests import Request, member_view

SHOWN = 8


@member_view
def home(request: Request) -> HttpResponse:
    context = {
        "sources": Source.objects.filter(organisation=request.organisation).order_by("name"),
        "audited": history_queries.recent_sessions(request.organisation, SHOWN),
        **measured(request.organisation),
    }
    return render(request, "home.html", context)


def measured(organisation: Organisation) -> dict[str, Any]:
    """The newest captured sessions with what they hold; why there are none, where the replica cannot be read."""
    try:
        alias = alias_for(organisation)
        sessions = replica_queries.newest_sessions(alias, SHOWN)
    except UserError as reason:
        return {"measured": [], "not_measured": reason}
    holdings = replica_queries.holdings(alias, [session.session_id for session in sessions])
    return {"measured": [(session, holdings.get(session.session_id)) for session in sessions]}
