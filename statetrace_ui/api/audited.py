"""The audited history, read alone: asked by the language of the Changes page. For analysts, as downloads are."""

from typing import Annotated, Any

from django.utils import timezone
from ninja import Query

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.api import shapes
from statetrace_ui.api.framework import Token
from statetrace_ui.api.paging import Cursor
from statetrace_ui.api.problems import Problem
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import others
from statetrace_ui.api.scopes import Scope
from statetrace_ui.history import answering, queries
from statetrace_ui.history.downloads import change_lines, session_lines
from statetrace_ui.history.downloads.whole_changes import whole_changes
from statetrace_ui.history.question.editing import parts_of
from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.history.question.parsing import parse
from statetrace_ui.history.question.terms import Question

TAGS = ["Audited history"]
Line = Annotated[str, Query(max_length=2_000, description="As on the Changes page: docs/asking.md describes it.")]


@others.get("/audited/changes", tags=TAGS, auth=Token(Scope.READ), response=shapes.AuditedChanges)
def list_changes(request: ApiRequest, q: Line = "", cursor: Cursor = "") -> dict[str, Any]:
    """The newest first, whole. A page may hold few, or none: what was looked through without a match counts, too."""
    _require_analyst(request)
    question = _question(q)
    answer = answering.changes(request.organisation, question, cursor)
    places = [(change.source_id, change.pk, change.baseline) for change in answer.page.rows]
    zone = timezone.get_current_timezone()
    changes = [change_lines.line_of(change, zone) for piece in whole_changes([places]) for change in piece]
    _note(request, "changes", q, cursor)
    return {"changes": changes, "next_cursor": answer.page.older}


@others.get("/audited/sessions", tags=TAGS, auth=Token(Scope.READ), response=shapes.AuditedSessions)
def list_audited_sessions(request: ApiRequest, q: Line = "", cursor: Cursor = "") -> dict[str, Any]:
    _require_analyst(request)
    question = _question(q)
    beyond = [part.text for part in parts_of(q) if part.name not in queries.NAMES_OF_SESSIONS]
    if beyond:
        raise Problem(422, f"Sessions cannot be asked by {beyond[0]}.", errors=[_error("Ask for changes.")])
    page = queries.sessions(request.organisation, question, cursor)
    zone = timezone.get_current_timezone()
    _note(request, "sessions", q, cursor)
    return {"sessions": [session_lines.line_of(one, zone) for one in page.rows], "next_cursor": page.older}


def _question(line: str) -> Question:
    try:
        return parse(line, timezone.now(), timezone.get_current_timezone())
    except QuestionError as error:
        place = f"at character {error.place}: {error.sentence} {error.advice}".strip()
        raise Problem(422, "The question is not understood.", errors=[_error(place)]) from None


def _error(problem: str) -> dict[str, str]:
    return {"at": "query.q", "problem": problem}


def _require_analyst(request: ApiRequest) -> None:
    """What programs read, they take away."""
    if not request.membership.may_download:
        raise Problem(403, "The role of this token's person does not let it take history away.")


def _note(request: ApiRequest, what: str, line: str, cursor: str) -> None:
    """One entry a list that is read, however many pages it has."""
    if not cursor:
        record(Event.DOWNLOADED, f"{what} by API, {request.token}: {line or 'all'}")
