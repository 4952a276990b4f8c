"""What the API says of itself is what it does, whatever it is sent: Schemathesis makes the requests.

Answers must have a documented status, media type and shape, and none may be the server's own failure.
"""

import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from replica.exports.models import UserFlowExport
from statetrace_ui.api.v0 import description
from statetrace_ui.wsgi import application
from tests.statetrace_ui.api.conftest import SESSION, Caller
from tests.statetrace_ui.api.in_process import one_connection

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Of valid requests, and of invalid ones, for each operation: enough to break what is wrong, in a quarter of a second.
FEW, MANY = 2, 40
OPERATIONS = [
    (method, path)
    for path, methods in description()["paths"].items()
    for method, details in methods.items()
    if not details.get("deprecated")
]


@cache
def read_description() -> Any:
    """Read once for all tests: that takes longer than the requests of one operation."""
    return schemathesis.openapi.from_wsgi("/v0/openapi.json", application)


@pytest.fixture
def described(api: Caller, flow: UserFlowExport, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(settings, "API_REQUESTS_PER_MINUTE", 1_000_000)
    assert api("POST", f"userflows/session/{SESSION}", {"user_flow_id": flow.user_flow_id}).status_code == 201
    with one_connection():
        yield read_description()


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_are_as_described(
    method: str, path: str, examples: int, described: Any, api: Caller, flow: UserFlowExport
) -> None:
    known = {"user_flow_id": flow.user_flow_id, "session_id": SESSION}
    operation = described[path][method]

    answered = []

    @hypothesis_settings(max_examples=examples, database=None, suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def answers(case: Any) -> None:
        for name, value in (case.path_parameters or {}).items():
            case.path_parameters[name] = known.get(name, value) if _is_uuid(value) else value
        headers = {"Authorization": f"Bearer {api.text}", "Accept-Encoding": "identity"}
        answered.append(case.call_and_validate(headers=headers, checks=CHECKS).status_code)

    answers()
    assert answered


def _is_uuid(value: Any) -> bool:
    """An id at random is never that of something."""
    try:
        uuid.UUID(str(value))
    except ValueError:
        return False
    return True
