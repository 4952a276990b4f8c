"""Passwords of the organisation's own tools for its replica. Each is told in one answer alone."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from replica.databases import credentials
from statetrace_ui.api import export_shapes
from statetrace_ui.api.framework import Token
from statetrace_ui.api.idempotency import once
from statetrace_ui.api.replicas import required_replica
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import others
from statetrace_ui.api.scopes import Scope

TAGS = ["Replica"]
PATH = "/replica/credentials"
AUTH = Token(Scope.ADMIN)


@others.post(f"{PATH}/reveal", tags=TAGS, auth=AUTH, response=export_shapes.Credentials)
@once
def reveal_credentials(request: ApiRequest, response: HttpResponse) -> dict[str, Any]:
    """The password that the first sync made. The second time it is a conflict: ask for another by a rotation."""
    return _told(response, credentials.reveal(required_replica(request.organisation)))


@others.post(f"{PATH}/rotate", tags=TAGS, auth=AUTH, response=export_shapes.Credentials)
@once
def rotate_credentials(request: ApiRequest, response: HttpResponse, body: export_shapes.RotationWish) -> dict[str, Any]:
    """A new role and its password. The present one goes on for `hours`, so that no tool is cut off."""
    until = timezone.now() + timedelta(hours=body.hours)
    return _told(response, credentials.rotate(required_replica(request.organisation), until))


@others.delete(f"{PATH}/former", tags=TAGS, auth=AUTH, response={204: None})
def revoke_former_credentials(request: ApiRequest) -> HttpResponse:
    """Close the role of before the last rotation, and end its sessions."""
    replica = required_replica(request.organisation)
    if replica.former_role:
        credentials.revoke_former(replica)
    return HttpResponse(status=204)


def _told(response: HttpResponse, access: credentials.Access) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return {name: getattr(access, name) for name in ("host", "port", "database", "user", "password")}
