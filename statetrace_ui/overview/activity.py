"""Counts of changes within a time, each with the address of the list of what it counts."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from statetrace_ui.history.models import Change, Source, Table
from statetrace_ui.history.queries import rollups
from statetrace_ui.history.question.moments import write_since, write_until
from statetrace_ui.history.question.writing import term
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.overview.activity_figure import activity_figure, unit_of
from statetrace_ui.overview.asked import ROWS, Asked

MOST_SPANS = 400  # of the table
TABLE_KINDS = {kind.value: kind.label for kind in (Change.Kind.INSERT, Change.Kind.UPDATE, Change.Kind.DELETE)}


class Ranked(NamedTuple):
    """How many changes an actor or a table has, and the address of their list."""

    label: str
    source: str
    changes: int
    href: str


def over_time(asked: Asked) -> dict[str, Any]:
    counted = rollups.changes_over_time(asked.organisation, asked.start, asked.end, asked.now)
    return {
        "counted": counted,
        "unit": unit_of(counted),
        "all_href": _changes(counted.start, counted.end),
        "outside_href": _changes(counted.start, counted.end, "outside"),
        "figure": activity_figure(counted, timezone.get_current_timezone_name()),
        "still_counted": rollups.is_still_counted(asked.organisation),
        "removed": rollups.removed_by_retention(asked.organisation, counted.start, asked.now),
    }


def busiest_tables(asked: Asked) -> dict[str, Any]:
    busy = rollups.busiest_tables(asked.organisation, asked.start, asked.end, asked.now, ROWS)
    rows = [_ranked(str(table), table.source, count, busy, *_terms(table)) for table, count in busy.rows]
    return {"since": busy.start, "rows": rows}


def busiest_actors(asked: Asked) -> dict[str, Any]:
    busy = rollups.busiest_actors(asked.organisation, asked.start, asked.end, asked.now, ROWS)
    rows = [_ranked(one.label, one.session.source, one.changes, busy, *one.terms) for one in busy.rows]
    return {"since": busy.start, "rows": rows, "at_least": busy.at_least}


def _ranked(
    label: str, source: Source, changes: int, busy: rollups.BusyTables | rollups.BusyActors, *terms: str
) -> Ranked:
    return Ranked(label, source.name, changes, _changes(busy.start, busy.end, *terms))


def _terms(table: Table) -> tuple[str, str]:
    name = qualified_name(table.schema_name, table.table_name)
    return term("source", table.source.name), term("table", name)


def _changes(start: datetime, end: datetime, *terms: str) -> str:
    """The address of the list of changes of the time."""
    zone = timezone.get_current_timezone()
    line = " ".join([*terms, f"since:{write_since(start, zone)}", f"until:{write_until(end, zone)}"])
    return f"{reverse('history:changes')}?{urlencode({'q': line})}"


def counts(asked: Asked) -> dict[str, Any]:
    """The chart as a table: the newest spans in which anything changed, with the sum of each kind."""
    counted = rollups.changes_over_time(asked.organisation, asked.start, asked.end, asked.now)
    rows = _by_span(counted)
    shown = [(at, *row, _changes(at, at + timedelta(seconds=counted.seconds))) for at, *row in rows[:MOST_SPANS]]
    return {"rows": shown, "unit": unit_of(counted), "kinds": TABLE_KINDS.values(), "more": len(rows) > MOST_SPANS}


def _by_span(counted: rollups.Counted) -> list[tuple[datetime, list[int], int]]:
    """When, how many of each of TABLE_KINDS, and how many in all; the newest first."""
    sums: dict[datetime, Counter[str]] = defaultdict(Counter)
    for span in counted.spans:
        sums[span.at][span.kind] += span.changes
    newest = sorted(sums.items(), reverse=True)
    return [(at, [kinds[kind] for kind in TABLE_KINDS], kinds.total()) for at, kinds in newest]
