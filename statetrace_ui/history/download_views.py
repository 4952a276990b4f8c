"""Downloads of what pages list: form, question, answer."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from statetrace_ui.history import answering, change_rows, forms, queries
from statetrace_ui.history.as_of.moments import Moment, moment_of
from statetrace_ui.history.as_of.tables import TableAt, known_table
from statetrace_ui.history.asking import Asked, asked_by
from statetrace_ui.history.asking_forms import ChangeFilters, FilterForm, SessionFilters
from statetrace_ui.history.downloads.delivery import Download, deliver
from statetrace_ui.history.downloads.forms import FormatForm
from statetrace_ui.history.downloads.row_lines import row_lines
from statetrace_ui.history.downloads.whole_changes import whole_changes
from statetrace_ui.history.downloads.whole_rows import pinned, whole_rows
from statetrace_ui.history.models import Session
from statetrace_ui.history.queries.excerpts import WHOLE
from statetrace_ui.history.question.terms import Question
from statetrace_ui.history.record_forms import TableAtForm
from statetrace_ui.history.record_rows import keys_like
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.requests import Request, analyst_view

SESSIONS_AT_A_TIME = 500


@analyst_view
def changes(request: Request) -> StreamingHttpResponse:
    """The changes that the page lists for the same filters, newest first."""
    return _deliver(request, changes_asked(request))


def changes_asked(request: Request) -> Download:
    """The one place that knows how changes are asked for."""
    asked = _asked(request, ChangeFilters)
    return _download(
        request, "changes", "Changes", whole_changes(answering.places(request.organisation, asked.question)), asked
    )


@analyst_view
def sessions(request: Request) -> StreamingHttpResponse:
    asked = _asked(request, SessionFilters)
    if beyond := asked.beyond(queries.NAMES_OF_SESSIONS):
        raise UserError(f"Sessions cannot be asked by {beyond[0].text}.", "Leave it out, or ask for changes.")
    return _deliver(request, _download(request, "sessions", "Sessions", _sessions(request, asked.question), asked))


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


@analyst_view
def table_rows(request: Request, pk: int) -> StreamingHttpResponse:
    """The rows of a table as of a moment, as their page lists them, all of them."""
    owner = queries.get_source_for(request.organisation, pk)
    asked = parse_query(TableAtForm, request).cleaned_data
    table = known_table(owner, asked["table"])
    moment = pinned(table, moment_of(owner, asked["at"]))
    state = TableAt(table, moment, WHOLE)
    _check_that_rows_are_known(state)
    key, prefix = keys_like(asked["key"])
    told = {"table": qualified_name(*asked["table"]), "source": owner.name, "moment": _in_words(moment)}
    filters = {**told, "key": asked["key"]} if asked["key"] else told
    pieces = whole_rows(state, key, prefix)
    lines = partial(row_lines, state.columns)
    download = Download("records", "Rows of a table", pieces, [owner], filters, end=moment.at, lines=lines)
    return _deliver(request, download)


def _check_that_rows_are_known(state: TableAt) -> None:
    """A file without rows would say that the table was empty."""
    if state.ignorance:
        raise UserError("The rows of this table are not known as of this moment.", "Choose another one.", status=404)
    if state.columns and not any(column.get("key") for column in state.columns):
        problem = "Rows of a table without a primary key cannot be followed."
        raise UserError(problem, "Download the changes of the table.", status=404)


def _in_words(moment: Moment) -> str:
    if moment.at:
        return f"{timezone.localtime(moment.at).isoformat()}, up to change {moment.until}"
    return f"the newest known state, up to change {moment.until}"


def _deliver(request: Request, download: Download) -> StreamingHttpResponse:
    return deliver(request, download, parse_query(FormatForm, request).cleaned_data["format"])


def _asked(request: Request, filters: type[FilterForm]) -> Asked:
    """What the page of this address asks for. Raises UserError (400) if that is not understood."""
    asked = asked_by(request, filters)
    if asked.error:
        raise UserError(asked.error.sentence, asked.error.advice)
    if asked.is_wrong:
        raise UserError("This address has a filter that is not understood.", "Correct it on the page of the list.")
    return asked


def _download(request: Request, kind: str, title: str, pieces: Iterator[Any], asked: Asked) -> Download:
    question = asked.question
    sources = queries.chosen_sources(request.organisation, question.sources)
    return Download(kind, title, pieces, sources, _filters(asked), question.start, question.end)


def _filters(asked: Asked) -> dict[str, str]:
    """The line, and the moments for which its times stood when it was asked."""
    times = {"start": asked.question.start, "end": asked.question.end}
    told = {name: timezone.localtime(moment).isoformat() for name, moment in times.items() if moment}
    return {"question": asked.line, **told} if asked.line else {}


def _sessions(request: Request, question: Question) -> Iterator[list[Session]]:
    cursor: str | None = ""
    while cursor is not None:
        page = queries.sessions(request.organisation, question, cursor, SESSIONS_AT_A_TIME)
        yield page.rows
        cursor = page.older
