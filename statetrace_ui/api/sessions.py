"""Captured sessions: added, read, annotated, labelled. Edits go to the store, and to the replica with the next sync."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Status

from replica.editing import service
from replica.editing.annotated import Editor
from replica.editing.stored import WRITTEN_BY_IMPORTS, StoredLabel, StoredTag
from replica.importing.bundle import Metadata
from replica.importing.bundle import Tag as ImportedTag
from replica.importing.service import SessionDetails
from replica.schema.statuses import SessionStatus
from statetrace_ui.api import editions, shapes
from statetrace_ui.api.access import flow_of, session_of
from statetrace_ui.api.framework import Token
from statetrace_ui.api.idempotency import once
from statetrace_ui.api.imports import imported
from statetrace_ui.api.problems import Problem
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows, others
from statetrace_ui.api.scopes import Scope

TAGS = ["Sessions"]
PATH = "/session/{uuid:session_id}"
LABELS = "/sessions/{uuid:session_id}/label"


@flows.get(PATH, tags=TAGS, auth=Token(Scope.READ), response=shapes.Session)
def read_session(request: ApiRequest, response: HttpResponse, session_id: UUID) -> dict[str, Any]:
    return _told(request, response, session_id)


@flows.post(PATH, tags=TAGS, auth=Token(Scope.INGEST), response={200: shapes.Session, 201: shapes.Session})
@once
def add_session(request: ApiRequest, response: HttpResponse, session_id: UUID, body: shapes.SessionWish) -> Status[Any]:
    """Add a session of this id to a flow (201); one that the flow has already gets what the body says (200)."""
    flow = flow_of(request, body.user_flow_id)
    _check_tags(body.tags)
    details = SessionDetails(
        session_id=session_id,
        metadata=Metadata(start=_start(body.start_time), name=body.name, description=body.description),
        tags=tuple(ImportedTag(tag.key, tag.value) for tag in body.tags),
        status=SessionStatus(body.status) if body.status else None,
    )
    imported(request.organisation, flow.name, [], details)
    told = _told(request, response, session_id)
    return Status(201 if told["revision"] == 1 else 200, told)


@flows.put(PATH, tags=TAGS, auth=Token(Scope.ANNOTATE), response=shapes.Session)
@editions.edits
def annotate_session(
    request: ApiRequest, response: HttpResponse, session_id: UUID, body: shapes.Annotation
) -> dict[str, Any]:
    """Give the session a name, a description, a status, tags."""
    _, session = session_of(request, session_id)
    texts = {
        name: getattr(body, name) if getattr(body, name) is not None else session[name] or ""
        for name in ("name", "description", "status")
    }
    if body.tags is not None:
        _check_tags(body.tags)
    tags = None if body.tags is None else [StoredTag(tag.key, tag.value) for tag in body.tags]
    editor = Editor(request, editions.revision_meant(request))
    service.edit_session(editor, str(session_id), service.SessionTexts(**texts), tags)
    return _told(request, response, session_id)


@others.post(LABELS + "/add", tags=TAGS, auth=Token(Scope.ANNOTATE), response={201: shapes.LabelId})
@once
@editions.edits
def add_label(request: ApiRequest, session_id: UUID, body: shapes.LabelWish) -> Status[shapes.LabelId]:
    """Times are seconds since the session's start."""
    if body.end_time < body.start_time:
        errors = [{"at": "body.end_time", "problem": "It is before the start."}]
        raise Problem(422, "The label ends before it begins.", errors=errors)
    label = StoredLabel(
        id="",
        label_type=body.label_type,
        name=body.name,
        category=body.category,
        start_ms=body.start_time * 1000,
        end_ms=body.end_time * 1000,
        data=_as_text(body.data),
        group_id=body.label_group_id,
    )
    boxes = None if body.video_box is None else json.dumps(body.video_box)
    editor = Editor(request, editions.revision_meant(request))
    return Status(201, shapes.LabelId(label_id=service.save_label(editor, str(session_id), label, boxes)))


@others.delete(LABELS + "/{uuid:label_id}", tags=TAGS, auth=Token(Scope.ANNOTATE), response={204: None})
@editions.edits
def remove_label(request: ApiRequest, session_id: UUID, label_id: UUID) -> Status[None]:
    """Also of a label that is not there any more."""
    service.remove_label(Editor(request, editions.revision_meant(request)), str(session_id), str(label_id))
    return Status(204, None)


def _told(request: ApiRequest, response: HttpResponse, session_id: UUID) -> dict[str, Any]:
    _, session = session_of(request, session_id)
    response.headers["ETag"] = f'"{session["revision"]}"'
    return session


def _check_tags(tags: list[shapes.Tag]) -> None:
    ours = [number for number, tag in enumerate(tags) if tag.key in WRITTEN_BY_IMPORTS]
    if ours:
        errors = [{"at": f"body.tags.{number}.key", "problem": "Imports write this tag."} for number in ours]
        raise Problem(422, "Some tags repeat what the session's own columns say.", errors=errors)


def _start(moment: Any) -> Any:
    """Raises Problem for a time without a zone, which every program would read differently."""
    if moment is not None and (moment.tzinfo is None or not 1970 <= moment.year < 2200):
        errors = [{"at": "body.start_time", "problem": "Give a time with a zone, between 1970 and 2199."}]
        raise Problem(422, "The start is not understood.", errors=errors)
    return moment


def _as_text(data: str | Mapping[str, Any] | list[Any] | None) -> str:
    text = data if isinstance(data, str) else "" if data is None else json.dumps(data, ensure_ascii=False)
    if len(text) > 65_535:
        raise Problem(422, "The label's data is longer than 65,535 characters.")
    return text
