"""The API's first version: every operation of /v0/, with what generates its description."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from statetrace_ui.api import (  # noqa: F401 - each enters its operations
    audited,
    credentials,
    deletions,
    exports,
    measurements,
    replicas,
    runs,
    sessions,
    shapes,
    targets,
    uploads,
    userflows,
    webhooks,
)
from statetrace_ui.api.framework import Token, new_api
from statetrace_ui.api.reading import groups
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows, others
from statetrace_ui.api.scopes import Scope, permits

DESCRIPTION = """
User flows, their captured sessions, their exports, and the audited history of one organisation: that of the token.
Lists are read page by page: `next_cursor` of one answer is `cursor` of the next.
""".strip()

api = new_api(title="Statetrace UI", version="0", description=DESCRIPTION, openapi_url=None)


@api.get("/token", auth=Token(Scope.READ), response=shapes.TokenTold, tags=["Token"])
def read_token(request: ApiRequest) -> dict[str, Any]:
    """What the token of this request may do."""
    token = request.token
    return {
        "name": token.name,
        "prefix": token.prefix,
        "organisation": request.organisation.slug,
        "person": request.user.get_username(),
        "role": request.membership.get_role_display(),
        "scopes": [scope for scope in token.scopes if permits(request.membership, Scope(scope))],
        "expires_at": token.expires_at,
    }


api.add_router("/userflows", flows)
api.add_router("/perftests", flows, url_name_prefix="older")
api.add_router("", others)


@require_GET
def openapi(_: HttpRequest) -> HttpResponse:
    return JsonResponse(description())


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    told = description()
    return render(request, "api/docs.html", {"description": told, "groups": groups(told)})


def description() -> dict[str, Any]:
    return api.get_openapi_schema(path_prefix="/v0/")
