"""Endpoints of webhooks: where this site tells an organisation what happens, signed, and again until it is taken."""

from typing import Any

from django.http import HttpResponse
from ninja import Status

from statetrace_ui.api import shapes
from statetrace_ui.api.framework import Token
from statetrace_ui.api.idempotency import once
from statetrace_ui.api.paging import USUAL, Cursor, Limit
from statetrace_ui.api.problems import Problem
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import others
from statetrace_ui.api.scopes import Scope
from statetrace_ui.deliveries import endpoints, queries
from statetrace_ui.deliveries.forms import EndpointForm
from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.web.paging import HIGHEST_ID, oldest_first

TAGS = ["Webhooks"]


@others.get("/webhooks", tags=TAGS, auth=Token(Scope.ADMIN), response=shapes.Webhooks)
def list_webhooks(request: ApiRequest, limit: Limit = USUAL, cursor: Cursor = "") -> dict[str, Any]:
    """By name. Which alerts tell which endpoint is chosen on the pages of alerts."""
    page = oldest_first(queries.endpoints(request.organisation), ("name", "id"), cursor, limit)
    return {"webhooks": [_shown(endpoint) for endpoint in page.rows], "next_cursor": page.older}


@others.post("/webhooks", tags=TAGS, auth=Token(Scope.ADMIN), response={201: shapes.NewWebhook})
@once
def add_webhook(request: ApiRequest, response: HttpResponse, body: shapes.WebhookWish) -> Status[Any]:
    """The secret that signs what is sent is told in this answer alone."""
    form = EndpointForm({"name": body.name, "url": body.url}, organisation=request.organisation)
    if not form.is_valid():
        errors = [
            {"at": f"body.{name}", "problem": str(problem)} for name, found in form.errors.items() for problem in found
        ]
        raise Problem(422, "This endpoint is not taken.", errors=errors)
    endpoint = endpoints.add(request.organisation, **form.cleaned_data)
    response.headers["Cache-Control"] = "no-store"
    return Status(201, {**_shown(endpoint), "secret": endpoint.secret})


@others.delete("/webhooks/{int:webhook_id}", tags=TAGS, auth=Token(Scope.ADMIN), response={204: None})
def remove_webhook(request: ApiRequest, webhook_id: shapes.Id) -> Status[None]:
    endpoints.remove(queries.get_endpoint_for(request.organisation, min(webhook_id, HIGHEST_ID)))
    return Status(204, None)


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    told = {"webhook_id": endpoint.pk, "name": endpoint.name, "host": endpoint.host, "paused": endpoint.paused}
    return {**told, "added_at": endpoint.added_at}
