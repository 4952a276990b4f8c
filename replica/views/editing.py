"""Editing a captured session: its texts, tags and labels, as the store holds them now."""

from typing import Any

import psycopg
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from replica.editing import service
from replica.editing.annotated import Editor
from replica.editing.forms import LABEL_TYPES, LabelForm, LabelKeyForm, SessionForm, TagForm, TagKeyForm
from replica.editing.stored import MOST_LABELS, Stored
from replica.editing.waiting import newest_edits
from replica.queries.sessions import session_or_404
from replica.schema.statuses import SessionStatus
from replica.views.access import replica_view
from replica.views.head import head_context
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_post
from statetrace_ui.web.requests import Request, manager_view


@require_GET
@replica_view
def edit(request: Request, alias: str, session_id: str) -> HttpResponse:
    """The page: what can be edited, as it is in the store, and who edited it so far."""
    context = head_context(alias, session_or_404(alias, session_id))
    context |= {
        "stored": _stored(request, session_id),
        "edits": newest_edits(request.organisation, session_id),
        "may_manage": request.membership.may_manage,
        "most_labels": MOST_LABELS,
        "label_types": LABEL_TYPES,
        "statuses": SessionStatus.values,
    }
    return render(request, "replica/edit.html", context)


def _stored(request: Request, session_id: str) -> Stored | None:
    try:
        return service.stored_for(request.organisation, session_id)
    except psycopg.Error as error:
        raise UserError("The store does not answer.", "Try again in a minute.", status=503) from error


@require_POST
@manager_view
def edit_session(request: Request, session_id: str) -> HttpResponse:
    service.edit_session(Editor(request), session_id, parse_post(SessionForm, request).texts)
    return _back(session_id)


@require_POST
@manager_view
def add_tag(request: Request, session_id: str) -> HttpResponse:
    service.add_tag(Editor(request), session_id, **parse_post(TagForm, request).cleaned_data)
    return _back(session_id, "tags")


@require_POST
@manager_view
def remove_tag(request: Request, session_id: str) -> HttpResponse:
    service.remove_tag(Editor(request), session_id, **parse_post(TagKeyForm, request).cleaned_data)
    return _back(session_id, "tags")


@require_POST
@manager_view
def save_label(request: Request, session_id: str) -> HttpResponse:
    service.save_label(Editor(request), session_id, parse_post(LabelForm, request).label)
    return _back(session_id, "labels")


@require_POST
@manager_view
def remove_label(request: Request, session_id: str) -> HttpResponse:
    service.remove_label(Editor(request), session_id, parse_post(LabelKeyForm, request).cleaned_data["id"])
    return _back(session_id, "labels")


def _back(session_id: str, part: str = "") -> HttpResponse:
    answer: Any = redirect("replica:edit", session_id)
    if part:
        answer["Location"] += f"#{part}"
    return answer  # type: ignore[no-any-return]
