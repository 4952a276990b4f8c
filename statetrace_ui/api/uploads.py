"""Files that become sessions of a flow, as `import_sessions` takes them: several as a form, one as the body itself."""

import shutil
import tempfile
from pathlib import Path
from threading import BoundedSemaphore
from typing import Annotated, Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from ninja import Query, Status
from pydantic import BaseModel, ConfigDict, ValidationError

from replica.importing.bundle import Bundle, Metadata
from replica.importing.service import SessionDetails
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
MOST_FILES = 20
# An import may take hundreds of MB: so many at a time in a process.
IMPORTING = BoundedSemaphore(2)
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
        return [_kept(folder, number, file) for number, file in enumerate(uploaded)], _about(request)
    if request.content_type != "application/octet-stream":
        raise Problem(415, "Send files as multipart/form-data, or one as application/octet-stream.")
    path = _place(folder, 0, filename)
    with path.open("wb") as kept:
        shutil.copyfileobj(request, kept)
    return [path], About()


def _kept(folder: Path, number: int, file: "UploadedFile[Any]") -> Path:
    path = _place(folder, number, file.name or "")
    with path.open("wb") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
    return path


def _place(folder: Path, number: int, name: str) -> Path:
    """A path that the name of the file ends: its session is called so. Each in a folder of its own."""
    last = "".join(character for character in Path(name).name if character.isprintable())[-100:]
    inside = folder / str(number)
    inside.mkdir()
    return inside / (last if last.strip(".") else "upload")


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
