"""Files that become sessions of a flow, as `import_sessions` takes them: several as a form, one as the body itself."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Status
from pydantic import BaseModel, ConfigDict, ValidationError

from replica.importing.bundle import Bundle, Metadata
from replica.importing.service import SessionDetails
from replica.importing.uploads import IMPORTING, MOST_FILES, keep, place
from replica.schema.statuses import SessionStatus
from statetrace_ui.api import shapes
from statetrace_ui.api.access import flow_of
from statetrace_ui.api.framework import Token
from statetrace_ui.api.imports import imported
from statetrace_ui.api.json_bodies import storable
from statetrace_ui.api.problems import Problem
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows
from statetrace_ui.api.scopes import Scope

TAGS = ["Sessions"]
BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1},
                    "session_id": {"type": "string", "format": "uuid"},
                    "name": {"type": "string", "minLength": 1, "maxLength": 255},
                    "status": {"enum": [status.value for status in SessionStatus]},
                },
            }
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}


class About(BaseModel):
    """What is said of the session beside its files; with an id, all files describe that one session."""

    model_config = ConfigDict(extra="forbid")

    session_id: UUID | None = None
    name: shapes.Name | None = None
    status: shapes.SessionStatusName | None = None


@flows.post(
    "/{uuid:user_flow_id}/sessions",
    tags=TAGS,
    auth=Token(Scope.INGEST),
    response={201: shapes.ImportedSessions},
    openapi_extra={"requestBody": BODY},
)
def upload_sessions(
    request: ApiRequest, user_flow_id: UUID, filename: Annotated[str, Query(max_length=200)] = "upload"
) -> Status[Any]:
    """Import files. The same files give the same sessions again, so no key is needed to send them twice."""
    flow = flow_of(request, user_flow_id)
    if not IMPORTING.acquire(blocking=False):
        raise Problem(503, "Other files are being imported. Try again in a moment.", headers={"Retry-After": "5"})
    try:
        with tempfile.TemporaryDirectory(prefix="statetrace-upload-") as folder:
            files, about = _received(request, Path(folder), filename)
            written = imported(request.organisation, flow.name, files, _details(about))
    finally:
        IMPORTING.release()
    return Status(201, {"sessions": [_told(session, bundle) for session, bundle in written.items()]})


def _received(request: ApiRequest, folder: Path, filename: str) -> tuple[list[Path], About]:
    if request.content_type == "multipart/form-data":
        uploaded = [file for files in request.FILES.lists() for file in files[1]]
        if not 1 <= len(uploaded) <= MOST_FILES:
            raise Problem(422, f"Send 1 to {MOST_FILES} files.")
        return [keep(folder, number, file) for number, file in enumerate(uploaded)], _about(request)
    if request.content_type != "application/octet-stream":
        raise Problem(415, "Send files as multipart/form-data, or one as application/octet-stream.")
    path = place(folder, 0, filename)
    with path.open("wb") as kept:
        shutil.copyfileobj(request, kept)
    return [path], About()


def _about(request: ApiRequest) -> About:
    fields = request.POST.dict()
    if not all(storable(text) for pair in fields.items() for text in map(str, pair)):
        raise Problem(422, "A field has a NUL, or half of a character.")
    try:
        return About.model_validate(fields)
    except ValidationError as error:
        errors = [{"at": f"form.{one['loc'][0]}", "problem": one["msg"]} for one in error.errors()]
        raise Problem(422, "The form has fields that are not understood.", errors=errors) from None


def _details(about: About) -> SessionDetails:
    status = SessionStatus(about.status) if about.status else None
    return SessionDetails(session_id=about.session_id, metadata=Metadata(name=about.name), status=status)


def _told(session: str, bundle: Bundle) -> dict[str, Any]:
    return {"session_id": session, "left_out": list(bundle.left_out)}
