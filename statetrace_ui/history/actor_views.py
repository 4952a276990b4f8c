"""The page of an actor: when it came, what it did, which tables it touched."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.history import forms, queries
from statetrace_ui.history.activity import Bar, activity_figure
from statetrace_ui.history.looks import note_look
from statetrace_ui.history.models import Source
from statetrace_ui.history.queries import actors
from statetrace_ui.history.transaction_rows import TableRow, tables_of
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request, member_view


@member_view
def actor(request: Request, source: int) -> HttpResponse:
    owner = queries.get_source_for(request.organisation, source)
    form = parse_query(forms.ActorForm, request)
    actor_id, cursor = form.cleaned_data["id"], form.cleaned_data["cursor"]
    shown = queries.actor_of(owner, actor_id)
    if shown is None:
        raise UserError("No actor of this id is known.", "Look for the name among the sessions.", status=404)
    note_look(owner, f"actor {actor_id}")
    context = {"source": owner, "actor": shown, "page": queries.sessions_of_actor(owner, actor_id, cursor)}
    if cursor and request.htmx:
        return render(request, "history/actor_page.html#rows", context)
    return render(request, "history/actor_page.html", {**context, **_doings(owner, actor_id)})


def _doings(owner: Source, actor_id: str) -> dict[str, Any]:
    """What the actor did, and of how much of it that is told."""
    bars = _bars(owner, actor_id)
    return {
        "bars": bars,
        "figure": activity_figure(bars, str(timezone.get_current_timezone())),
        "tables": _tables(owner, actor_id),
        "cut": sum(bar.actions for bar in bars) >= actors.MOST_ACTIONS,
        "most_sessions": actors.MOST_SESSIONS,
        "most_actions": actors.MOST_ACTIONS,
        "most_transactions": actors.MOST_TRANSACTIONS,
    }


def _bars(owner: Source, actor_id: str) -> list[Bar]:
    """A bar for each day, which leads to the sessions of the actor that began on it."""
    days = queries.actor_days(owner, actor_id, str(timezone.get_current_timezone()))
    return [Bar(one.day, one.actions, one.changes, _sessions_of(owner, actor_id, str(one.day))) for one in days]


def _sessions_of(owner: Source, actor_id: str, day: str) -> str:
    query = {"actor": actor_id, "source": owner.pk, "since": day, "until": day}
    return f"{reverse('history:sessions')}?{urlencode(query)}"


def _tables(owner: Source, actor_id: str) -> list[TableRow]:
    """What the actor's newest transactions did, those tables first in which they did most."""
    totals: dict[int, TableRow] = {}
    for rows in tables_of(queries.actor_transactions(owner, actor_id)).values():
        for one in rows:
            before = totals.get(one.table.pk)
            counts = Counter(dict(before.counts)) if before else Counter()
            counts.update(dict(one.counts))
            totals[one.table.pk] = TableRow(one.table, list(counts.items()))
    return sorted(totals.values(), key=lambda one: -one.total)
