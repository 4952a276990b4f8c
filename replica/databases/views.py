"""The page that says how the organisation's own tools reach its replica, and makes a password for them."""

from typing import Any

import psycopg
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from replica.databases import credentials
from replica.databases.forms import ResetForm
from replica.databases.models import Replica
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_post
from statetrace_ui.web.requests import Request, manager_view, member_view


@require_GET
@member_view
def connection(request: Request) -> HttpResponse:
    return render(request, "databases/connection.html", _connection_context(request))


@require_POST
@never_cache
@manager_view
def reset_credentials(request: Request) -> HttpResponse:
    """Answer with the page itself: the password is stored nowhere, so no other page can show it."""
    replica = Replica.objects.filter(organisation=request.organisation).exclude(owner_url="").first()
    if replica is None:
        raise UserError("There are no credentials to reset.", "The first sync makes the replica database.", status=404)
    form = parse_post(ResetForm, request)
    if replica.credentials_reset_at and not form.cleaned_data["confirmed"]:
        raise UserError(
            "The password was not changed: nobody confirmed it.",
            "Go back and tick the box; all tools that use the old password are cut off at once.",
        )
    access = credentials.reset(replica)
    return render(request, "databases/connection.html", {**_connection_context(request), "access": access})


def _connection_context(request: Request) -> dict[str, Any]:
    replica = Replica.objects.filter(organisation=request.organisation).first()
    context: dict[str, Any] = {"replica": replica, "may_manage": request.membership.may_manage}
    if replica and replica.owner_url:
        context["access"] = credentials.access(replica)
        try:
            context["holders"] = credentials.holders(replica)
        except psycopg.Error:
            context["holders"] = None
    return context
