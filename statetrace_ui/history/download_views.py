"""Downloads of what pages list: form, question, answer."""

from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from statetrace_ui.history import change_rows, forms, queries
from statetrace_ui.history.downloads.delivery import Download, deliver
from statetrace_ui.history.downloads.forms import FormatForm
from statetrace_ui.history.downloads.whole_changes import whole_changes
from statetrace_ui.history.models import Session, Source
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request, analyst_view

SESSIONS_AT_A_TIME = 500


@analyst_view
def changes(request: Request) -> StreamingHttpResponse:
    """The changes that the page lists for the same filters, newest first."""
    return _deliver(request, changes_asked(request))


def changes_asked(request: Request) -> Download:
    """The one place that knows how changes are asked for."""
    form = parse_query(forms.ChangesForm, request, organisation=request.organisation)
    asked = {name: value for name, value in form.cleaned_data.items() if name != "cursor"}
    places = queries.change_places(request.organisation, **asked)
    sources = list(queries.selected_sources(request.organisation, asked["source"]))
    return Download("changes", "Changes", whole_changes(places), sources, _filters(asked), asked["start"], asked["end"])


@analyst_view
def sessions(request: Request) -> StreamingHttpResponse:
    form = parse_query(forms.SessionsForm, request, organisation=request.organisation)
    asked = {name: value for name, value in form.cleaned_data.items() if name != "cursor"}
    sources = list(queries.selected_sources(request.organisation, asked["source"]))
    pieces = _sessions(request, asked)
    return _deliver(
        request, Download("sessions", "Sessions", pieces, sources, _filters(asked), asked["start"], asked["end"])
    )


@analyst_view
def session(request: Request, pk: int) -> StreamingHttpResponse:
    """The changes of all transactions of the session, in order of time."""
    asked = queries.get_session_for(request.organisation, pk)
    places = (some for one in queries.session_transactions(asked) for some in queries.transaction_places(one))
    filters = {"session": asked.key, "source": asked.source.name}
    download = Download(
        "changes",
        "Changes of a session",
        whole_changes(places),
        [asked.source],
        filters,
        asked.started_at,
        asked.last_at,
    )
    return _deliver(request, download)


@analyst_view
def transaction(request: Request, pk: int) -> StreamingHttpResponse:
    asked = queries.get_transaction_for(request.organisation, pk)
    filters = {"transaction": str(asked), "source": asked.source.name}
    at = asked.committed_at
    pieces = whole_changes(queries.transaction_places(asked))
    return _deliver(request, Download("changes", "Changes of a transaction", pieces, [asked.source], filters, at, at))


@analyst_view
def record(request: Request, source: int) -> StreamingHttpResponse:
    """The record's history as its page has it, with what happened to its table, newest first."""
    owner = queries.get_source_for(request.organisation, source)
    form = parse_query(forms.RecordForm, request)
    table, key = form.cleaned_data["table"], form.cleaned_data["key"]
    filters = {
        "table": qualified_name(*table),
        "record": change_rows.record_label(key),
        "source": owner.name,
    }
    pieces = whole_changes(queries.record_places(owner, table, key))
    return _deliver(request, Download("changes", "History of a record", pieces, [owner], filters))


def _deliver(request: Request, download: Download) -> StreamingHttpResponse:
    return deliver(request, download, parse_query(FormatForm, request).cleaned_data["format"])


def _sessions(request: Request, asked: dict[str, Any]) -> Iterator[list[Session]]:
    cursor: str | None = ""
    while cursor is not None:
        page = queries.sessions(request.organisation, **asked, cursor=cursor, size=SESSIONS_AT_A_TIME)
        yield page.rows
        cursor = page.older


def _filters(asked: dict[str, Any]) -> dict[str, str]:
    """What was set of the filters, as text."""
    return {name: _told(value) for name, value in asked.items() if value}


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        return qualified_name(*value)
    if isinstance(value, Source):
        return value.name
    return timezone.localtime(value).isoformat() if hasattr(value, "isoformat") else str(value)
