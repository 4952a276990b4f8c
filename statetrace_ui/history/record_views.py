"""The pages of records and tables as of a moment: form, query, render."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse

from statetrace_ui.history import change_rows, gap_store, queries, record_rows
from statetrace_ui.history.as_of import pages, row_texts
from statetrace_ui.history.as_of.folding import Row
from statetrace_ui.history.as_of.lookups import latest
from statetrace_ui.history.as_of.moments import NEWEST, Asked, Moment, moment_of
from statetrace_ui.history.as_of.records import RecordAt, followed
from statetrace_ui.history.as_of.tables import TableAt, known_table, table_named
from statetrace_ui.history.looks import note_look
from statetrace_ui.history.models import Change, Source, Table
from statetrace_ui.history.queries.excerpts import IN_A_LINE, IN_A_LIST, WHOLE
from statetrace_ui.history.record_forms import MOST_STOPS, MomentsForm, RowTextForm, TableAtForm
from statetrace_ui.history.record_rows import FieldRow, field_rows, linked, place_of, stops_of
from statetrace_ui.history.reference_views import groups_of
from statetrace_ui.history.references.linking import Referring, link_changes, links_of
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.paging import Page, encode
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, member_view

State = tuple[Moment, RecordAt]


@member_view
def record(request: Request, source: int) -> HttpResponse:
    """The whole life of a record, newest first, and above it its row as of a moment."""
    owner = queries.get_source_for(request.organisation, source)
    asked = parse_query(MomentsForm, request).cleaned_data
    name, key, cursor = asked["table"], asked["key"], asked["cursor"]
    page = queries.record_changes(owner, name, key, cursor)
    table = table_named(owner, name)
    if table is None or not (page or cursor):
        raise UserError("No change of this record is known.", "Look for it among all changes.", status=404)
    label = change_rows.record_label(key, next((row.columns for row in page.rows if row.columns), []))
    if not asked["stepped"]:
        note_look(owner, f"{qualified_name(*name)} {label}")
    context = _about(owner, name) | {
        "key": key,
        "label": label,
        "page": page,
        "may_manage": request.membership.may_manage,
    }
    if cursor:
        context |= _listed(page)
        return page_or_partial(request, "history/record.html", context, "rows")
    context |= _moment_context(table, key, page, asked)
    if not request.htmx:
        context |= _listed(page)
    answer = page_or_partial(request, "history/record.html", context, "moment")
    if request.htmx and asked["stepped"]:
        answer["HX-Replace-Url"] = f"{request.path}?{_address(context['about'], context['moment'])}"
    return answer


def _listed(page: Page[Change]) -> dict[str, Any]:
    """named: a row that has the record's label."""
    rows = change_rows.rows_of(page.rows, IN_A_LIST)
    link_changes(rows)
    return {"changes": rows, "named": next((row for row in rows if row.label), None)}


def _about(owner: Source, name: tuple[str, str]) -> dict[str, Any]:
    table = qualified_name(*name)
    return {"source": owner, "table": table, "of_table": urlencode({"source": owner.pk, "table": table})}


def _moment_context(table: Table, key: str, page: Page[Change], asked: dict[str, Any]) -> dict[str, Any]:
    """What the panel with the row as of a moment shows. page: the record's newest changes."""
    state = _state(table, key, asked["at"])
    other = _state(table, key, asked["against"]) if asked["against"] is not None else None
    stops = stops_of(_changes_around(table, key, page, state[0]))[-MOST_STOPS:]
    place = place_of(stops, state[0])
    name = qualified_name(table.schema_name, table.table_name)
    return {
        "about": {"table": name, "key": key},
        "of_row": urlencode({"table": name, "key": state[1].key, "at": state[0].in_address}),
        "moment": state[0],
        "state": state[1],
        "against": other,
        "cause": change_rows.ChangeRow(state[1].cause) if state[1].cause else None,
        "fields": _fields(table, state, other),
        "referrers": groups_of(table, state[0], state[1].key) if state[1].exists else [],
        "stops": stops,
        "place": place,
        "earlier": stops[place - 1] if place > 0 else None,
        "later": stops[place + 1] if place + 1 < len(stops) else None,
        "open_gap": state[0].is_newest and gap_store.open_gap(table.source),
    }


def _fields(table: Table, state: State, other: State | None) -> list[FieldRow]:
    against = other or state
    rows = [(state, state[1].row), (state, state[1].before), (against, against[1].row)]
    links = links_of([_referring(table, of, row) for of, row in rows])
    return linked(field_rows(state[1], other[1] if other else None), *links)


def _referring(table: Table, state: State, row: Row) -> Referring:
    values = {name: field.value for name, field in row.items()}
    return Referring(table, state[1].columns, values, values, state[0].until, state[0].in_address)


def _state(table: Table, key: str, asked: Asked) -> State:
    moment = moment_of(table.source, asked)
    return moment, followed(TableAt(table, moment), key)


def _changes_around(table: Table, key: str, page: Page[Change], moment: Moment) -> list[Change]:
    """The record's newest changes; of a moment before them all, those up to it."""
    if not page.older or page.rows[-1].pk <= moment.until:
        return page.rows
    name = (table.schema_name, table.table_name)
    return queries.record_changes(table.source, name, key, encode([moment.until + 1])).rows


def _address(about: dict[str, str], moment: Moment) -> str:
    return urlencode({**about, "at": moment.in_address})


@member_view
def record_text(request: Request, source: int) -> HttpResponse:
    """The row as of a moment, whole, as plain text: JSON, SQL, or one of its values."""
    owner = queries.get_source_for(request.organisation, source)
    asked = parse_query(RowTextForm, request).cleaned_data
    table = known_table(owner, asked["table"])
    moment = moment_of(owner, asked["at"])
    state = TableAt(table, moment, WHOLE)
    rows = pages.rows_at(state, key=asked["key"]).rows
    if not rows:
        raise Http404
    note_look(owner, f"{table} {change_rows.record_label(asked['key'])}, {asked['form']} {asked['column']}".rstrip())
    return HttpResponse(_text(table, moment, rows[0], asked), content_type="text/plain; charset=utf-8")


def _text(table: Table, moment: Moment, row: pages.RowAt, asked: dict[str, Any]) -> str:
    if asked["form"] == "value":
        found = row.row.get(asked["column"])
        if found is None or found.value is None:
            raise Http404
        return str(found.value)
    words = f"{moment.at:%Y-%m-%d %H:%M:%S.%f} UTC" if moment.at else "the newest known state"
    text = row_texts.RowText((table.schema_name, table.table_name), row.columns, row.row, words)
    return row_texts.as_sql(text) if asked["form"] == "sql" else row_texts.as_json(text)


@member_view
def table_rows(request: Request, pk: int) -> HttpResponse:
    """The rows of a table as of a moment, by their keys."""
    owner = queries.get_source_for(request.organisation, pk)
    asked = parse_query(TableAtForm, request).cleaned_data
    table, moment = known_table(owner, asked["table"]), moment_of(owner, asked["at"])
    note_look(owner, f"rows of {qualified_name(*asked['table'])}")
    state = TableAt(table, moment, IN_A_LINE)
    columns = record_rows.shown_columns(state.columns)
    key, prefix = record_rows.keys_like(asked["key"])
    page = pages.rows_at(state, key=key, prefix=prefix, cursor=asked["cursor"])
    context = _about(owner, asked["table"]) | {
        "moment": moment,
        "state": state,
        "page": page,
        "key": asked["key"],
        "rows": record_rows.table_rows(page.rows, columns),
        "columns": columns,
        "open_gap": moment.is_newest and gap_store.open_gap(owner),
        "other_times": _at_other_times(table, key) if key and not page.rows else "",
    }
    return page_or_partial(request, "history/table_rows.html", context, "rows")


def _at_other_times(table: Table, key: str) -> str:
    """The address of the record, if history knows it at any time."""
    if not latest(table.source_id, table.pk, [key], 0, NEWEST.until):
        return ""
    return change_rows.record_url(table.source_id, table.schema_name, table.table_name, key)
