"""Measurements of one's own, under the path that the document gives them."""

from typing import Any

from replica.importing.bundle import Measurement
from replica.importing.service import SessionDetails, find_or_make_flow
from replica.schema.statuses import SessionStatus
from statetrace_ui.api import shapes
from statetrace_ui.api.framework import Token
from statetrace_ui.api.idempotency import once
from statetrace_ui.api.imports import imported
from statetrace_ui.api.problems import Problem
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import others
from statetrace_ui.api.scopes import Scope

TAGS = ["Measurements"]
TYPE = "Custom"


@others.post("/perftests/upload", tags=TAGS, auth=Token(Scope.INGEST), response={200: shapes.Uploaded})
@once
def upload_measurements(request: ApiRequest, body: shapes.Upload) -> dict[str, Any]:
    """Give a session measurements; flow and session are made if they are not there. A known name is written over."""
    names = [pair.key for pair in body.data]
    if len(set(names)) < len(names):
        raise Problem(422, "A key stands there twice.")
    details = SessionDetails(
        session_id=body.session_id,
        status=SessionStatus(body.status) if body.status else None,
        measurements=tuple(Measurement(pair.key, TYPE, pair.units, pair.value) for pair in body.data),
    )
    imported(request.organisation, body.test_name, [], details)
    flow = find_or_make_flow(request.organisation, body.test_name)
    return {
        "session_id": str(body.session_id),
        "user_flow_id": flow.user_flow_id,
        "measurements": len(body.data),
    }
