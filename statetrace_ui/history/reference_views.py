"""The rows that refer to a record: lines below the record's row, and a page."""

from typing import Any

from django.http import Http404, HttpResponse

from statetrace_ui.history import change_rows, queries
from statetrace_ui.history.as_of import pages
from statetrace_ui.history.as_of.moments import Moment, moment_of
from statetrace_ui.history.as_of.tables import TableAt, table_named
from statetrace_ui.history.looks import note_look
from statetrace_ui.history.models import Table
from statetrace_ui.history.queries.excerpts import IN_A_LINE
from statetrace_ui.history.record_forms import ReferencesForm
from statetrace_ui.history.reference_rows import Group, group_of, looked_up
from statetrace_ui.history.references.referrers import referrers
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.paging import PAGE_SIZE
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, member_view

SHOWN, SECONDS = 5, 1.5  # rows of each key on the page of a record, and for all of them together


@member_view
def references(request: Request, source: int) -> HttpResponse:
    """By all keys the first rows; by one of them a page of rows."""
    owner = queries.get_source_for(request.organisation, source)
    asked = parse_query(ReferencesForm, request).cleaned_data
    table, moment = table_named(owner, asked["table"]), moment_of(owner, asked["at"])
    found = pages.rows_at(TableAt(table, moment, IN_A_LINE), key=asked["key"]).rows if table else []
    if not table or not found:
        raise Http404
    label = change_rows.record_label(asked["key"], found[0].columns)
    name = qualified_name(table.schema_name, table.table_name)
    note_look(owner, f"what refers to {name} {label}")
    groups = [one for one in groups_of(table, moment, asked["key"]) if _is_asked(one, asked)]
    if asked["by"] and not groups:
        raise Http404
    size = PAGE_SIZE if asked["by"] else SHOWN
    context = {
        "source": owner,
        "table": name,
        "label": label,
        "record": change_rows.record_url(owner.pk, table.schema_name, table.table_name, asked["key"]),
        "moment": moment,
        "by": asked["by"],
        "groups": looked_up(groups, found[0], size=size, seconds=SECONDS, cursor=asked["cursor"]),
    }
    return page_or_partial(request, "history/references.html", context, "rows" if asked["by"] else "lines")


def groups_of(table: Table, moment: Moment, key: str) -> list[Group]:
    about = {"table": qualified_name(table.schema_name, table.table_name), "key": key, "at": moment.in_address}
    return [group_of(one, about) for one in referrers(table, moment)]


def _is_asked(group: Group, asked: dict[str, Any]) -> bool:
    referrer = group.referrer.table
    name = qualified_name(referrer.schema_name, referrer.table_name)
    return not asked["by"] or (name, group.through) == (asked["by"], asked["columns"])
