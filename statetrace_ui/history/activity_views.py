"""The page of a table's activity. Its head is there at once; the counts follow."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from statetrace_ui.history import forms, queries
from statetrace_ui.history.activity import changes_figure
from statetrace_ui.history.as_of.tables import known_table
from statetrace_ui.history.change_rows import rows_of
from statetrace_ui.history.looks import note_look
from statetrace_ui.history.models import Table
from statetrace_ui.history.queries import table_activity as counts
from statetrace_ui.history.table_activity import Lines, bars_of, fields_of, makers_of
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request, member_view


@member_view
def table_activity(request: Request, pk: int) -> HttpResponse:
    owner = queries.get_source_for(request.organisation, pk)
    name = parse_query(forms.TableForm, request).cleaned_data["table"]
    table = known_table(owner, name)
    told = qualified_name(*name)
    context = {"source": owner, "table": told, "of_table": urlencode({"source": owner.pk, "table": told})}
    if not request.htmx:
        note_look(owner, f"activity of {told}")
        return render(request, "history/table_activity.html", context)
    return render(request, "history/table_activity.html#counts", {**context, **_counts(table)})


def _counts(table: Table) -> dict[str, Any]:
    zone, lines = str(timezone.get_current_timezone()), Lines(table)
    activity = counts.activity_of(table, zone)
    bars = bars_of(activity, lines)
    return {
        "activity": activity,
        "bars": bars,
        "figure": changes_figure(bars, zone),
        "makers": makers_of(activity, lines, table.source.is_annotated),
        "fields": fields_of(rows_of(counts.newest_updates(table)), lines),
        "most_changes": counts.MOST_CHANGES,
        "most_updates": counts.MOST_UPDATES,
    }
