"""The OpenAPI description: what django-ninja makes of the code that serves, with the problems that all share."""

from http import HTTPStatus
from typing import Any

from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from statetrace_ui.api.problems import MEDIA_TYPE

ALWAYS = (400, 401, 403, 404, 422, 429, 500, 503)
# Told by the gate, before a request is looked at.
WITH_BODY = (408, 413, 415)
CHANGING = (409,)
PROBLEM = {
    "title": "Problem",
    "type": "object",
    "description": "Problem details of RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "problem"],
                "properties": {"at": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "description": "The same request with the same key, within 24 hours, is answered again and not done again.",
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string", "pattern": '^(\\*|(W/)?"[0-9a-z-]{1,64}")$'},
    "description": "The ETag of what was read: somebody else's change in between is then answered with 412.",
}


class Description(OpenAPISchema):
    def get_components(self) -> dict[str, Any]:
        components: dict[str, Any] = super().get_components()
        components["schemas"]["Problem"] = PROBLEM
        return components

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        """Of an operation that was told already: the same by an older name."""
        name = self.api.get_openapi_operation_id(operation)
        again = name in self.all_operation_ids
        self.all_operation_ids.discard(name)
        details: dict[str, Any] = super().operation_details(operation)
        if again:
            details |= {"operationId": f"{name}_by_older_name", "deprecated": True}
        for parameter in getattr(operation.view_func, "header_parameters", ()):
            details["parameters"].append(parameter)
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for status in sorted(_problems(operation, details)):
            details["responses"].setdefault(status, {"description": HTTPStatus(status).phrase, "content": content})
        return details

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        """With the scope that the token needs, which OpenAPI 3.1 allows for every scheme."""
        security: list[dict[str, Any]] | None = super().operation_security(operation)
        scopes = [auth.scope.value for auth in operation.auth_callbacks if hasattr(auth, "scope")]
        return [dict.fromkeys(one, scopes) for one in security or []]


def _problems(operation: Operation, details: dict[str, Any]) -> set[int]:
    statuses = {*ALWAYS}
    if operation.methods != ["GET"]:
        statuses.update(CHANGING)
    if "requestBody" in details:
        statuses.update(WITH_BODY)
    if any(one["name"] == "If-Match" for one in details["parameters"]):
        statuses.add(412)
    return statuses
