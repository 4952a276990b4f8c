"""The first page: what changes within a time, and what happened last on both sides, each one click from its session."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from replica.databases.reading import read_replica
from replica.queries.sessions import Holdings, holdings, newest_sessions
from replica.schema.models import SessionMetadata
from statetrace_ui.history.models import Table
from statetrace_ui.history.queries import recent_sessions, rollups, sources_of
from statetrace_ui.history.question.moments import write_since, write_until
from statetrace_ui.history.question.writing import term
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.site.activity_figure import activity_figure, unit_of
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import PeriodForm, parse_query
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.requests import Request, member_view

SHOWN = 8
RANGES = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}


class RangeForm(PeriodForm):
    """A time of one's own stands above the range."""

    range = forms.ChoiceField(required=False, choices=[(name, name) for name in RANGES])

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        data = self.cleaned_data
        start, end = data["start"], data["end"] or now
        if start is None or start >= end:
            start = end - RANGES[data["range"] or "24h"]
        return start, end

    @property
    def chosen(self) -> str:
        """The range as tabs call it; '' of a time of one's own."""
        data = self.cleaned_data
        return "" if data["start"] or data["end"] else data["range"] or "24h"


@dataclass(frozen=True, slots=True)
class Measured:
    """The newest captured sessions with what they hold; where the replica cannot be read, why."""

    sessions: list[tuple[SessionMetadata, Holdings]]
    error: UserError | None = None


@member_view
def home(request: Request) -> HttpResponse:
    activity = _activity(request)
    if request.htmx:
        return render(request, "home.html#activity", activity)
    context = {
        **activity,
        "sources": sources_of(request.organisation),
        "audited": recent_sessions(request.organisation, SHOWN),
        "measured": measured(request.organisation),
    }
    return render(request, "home.html", context)


def _activity(request: Request) -> dict[str, Any]:
    """Counts of whole spans, each with the address of the list of what it counts."""
    form, now = parse_query(RangeForm, request), timezone.now()
    start, end = form.period(now)
    counted = rollups.changes_over_time(request.organisation, start, end, now)
    tables = rollups.busiest_tables(request.organisation, start, end, now, SHOWN)
    return {
        "form": form,
        "ranges": RANGES,
        "counted": counted,
        "unit": unit_of(counted),
        "all_href": _changes(counted.start, counted.end),
        "outside_href": _changes(counted.start, counted.end, "outside"),
        "figure": activity_figure(counted, timezone.get_current_timezone_name()),
        "tables": tables,
        "table_rows": [(table, count, _of_table(table, tables)) for table, count in tables.rows],
        "still_counted": rollups.is_still_counted(request.organisation),
        "removed": rollups.removed_by_retention(request.organisation, counted.start, now),
    }


def _of_table(table: Table, tables: rollups.BusyTables) -> str:
    name = qualified_name(table.schema_name, table.table_name)
    return _changes(tables.start, tables.end, term("source", table.source.name), term("table", name))


def _changes(start: datetime, end: datetime, *terms: str) -> str:
    """The address of the list of changes of the time."""
    zone = timezone.get_current_timezone()
    line = " ".join([*terms, f"since:{write_since(start, zone)}", f"until:{write_until(end, zone)}"])
    return f"{reverse('history:changes')}?{urlencode({'q': line})}"


def measured(organisation: Organisation) -> Measured:
    try:
        return Measured(read_replica(organisation, _newest))
    except UserError as error:
        return Measured([], error)


def _newest(alias: str) -> list[tuple[SessionMetadata, Holdings]]:
    sessions = newest_sessions(alias, SHOWN)
    held = holdings(alias, [session.session_id for session in sessions])
    return [(session, held.get(session.session_id, Holdings())) for session in sessions]
