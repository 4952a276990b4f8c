"""The undo preview of a change, a transaction, a session: as a page, and as a file of SQL. Nothing is executed."""

from django.http import HttpResponse
from django.shortcuts import render

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.history import queries
from statetrace_ui.history.looks import note_look
from statetrace_ui.history.undo import preview
from statetrace_ui.history.undo.later import MOST_LATER
from statetrace_ui.history.undo.preview import Preview
from statetrace_ui.web.requests import Request, analyst_view, member_view


@member_view
def change(request: Request, pk: int) -> HttpResponse:
    return _page(request, _of_change(request, pk), "history:undo_change_sql", pk)


@member_view
def transaction(request: Request, pk: int) -> HttpResponse:
    return _page(request, _of_transaction(request, pk), "history:undo_transaction_sql", pk)


@member_view
def session(request: Request, pk: int) -> HttpResponse:
    return _page(request, _of_session(request, pk), "history:undo_session_sql", pk)


@analyst_view
def change_sql(request: Request, pk: int) -> HttpResponse:
    return _file(request, _of_change(request, pk), f"undo-change-{pk}")


@analyst_view
def transaction_sql(request: Request, pk: int) -> HttpResponse:
    return _file(request, _of_transaction(request, pk), f"undo-transaction-{pk}")


@analyst_view
def session_sql(request: Request, pk: int) -> HttpResponse:
    return _file(request, _of_session(request, pk), f"undo-session-{pk}")


def _of_change(request: Request, pk: int) -> Preview:
    return preview.of_change(queries.get_change_for(request.organisation, pk))


def _of_transaction(request: Request, pk: int) -> Preview:
    return preview.of_transaction(queries.get_transaction_for(request.organisation, pk))


def _of_session(request: Request, pk: int) -> Preview:
    return preview.of_session(queries.get_session_for(request.organisation, pk))


def _page(request: Request, shown: Preview, download: str, pk: int) -> HttpResponse:
    note_look(shown.source, shown.title)
    context = {"preview": shown, "download": download, "pk": pk, "most": MOST_LATER}
    return render(request, "history/undo.html", context)


def _file(request: Request, shown: Preview, name: str) -> HttpResponse:
    record(Event.DOWNLOADED, f"{shown.title}: {len(shown.undos)} changes", organisation=request.organisation)
    headers = {"Content-Disposition": f'attachment; filename="{name}.sql"'}
    return HttpResponse(shown.sql, content_type="application/sql; charset=utf-8", headers=headers)
