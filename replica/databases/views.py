"""The page that says how the organisation's own tools reach its replica, and makes passwords for them."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from replica.databases import credentials
from replica.databases.forms import ConfirmForm, RotationForm
from replica.databases.grafana.files import files as grafana_files
from replica.databases.grafana.panels import DASHBOARDS
from replica.databases.holders import holders_if_known
from replica.databases.models import Replica
from replica.databases.ready_strings import ready_strings
from replica.databases.tls import tls_of
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_post
from statetrace_ui.web.requests import Request, analyst_view, manager_view, member_view


@require_GET
@member_view
def connection(request: Request) -> HttpResponse:
    return render(request, "databases/connection.html", _connection_context(request))


@require_GET
@analyst_view
def grafana_file(request: Request, name: str) -> HttpResponse:
    """One of the files that Grafana provisions; there is no password in any."""
    replica = _own_replica(request)
    text = grafana_files(
        credentials.access(replica), tls_of(replica).mode, request.organisation.pk, settings.PUBLIC_URL
    ).get(name)
    if text is None:
        raise UserError("There is no such file.", "The connection page lists them.", status=404)
    kind = "application/json" if name.endswith(".json") else "application/yaml"
    return HttpResponse(text, kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@require_POST
@never_cache
@manager_view
def reveal_first(request: Request) -> HttpResponse:
    """Show the password that the first sync made, once."""
    return _shown_once(request, credentials.reveal(_own_replica(request)))


@require_POST
@never_cache
@manager_view
def rotate_credentials(request: Request) -> HttpResponse:
    """Show a password of the other role; the present one goes on for the chosen time."""
    replica = _own_replica(request)
    hours = parse_post(RotationForm, request).cleaned_data["hours"]
    return _shown_once(request, credentials.rotate(replica, timezone.now() + timedelta(hours=hours)))


@require_POST
@manager_view
def revoke_former(request: Request) -> HttpResponse:
    replica = _own_replica(request)
    _require_confirmed(request, f"{replica.former_role} was not closed: nobody confirmed it.")
    credentials.revoke_former(replica)
    return redirect("databases:connection")


@require_POST
@never_cache
@manager_view
def reset_credentials(request: Request) -> HttpResponse:
    replica = _own_replica(request)
    if replica.credentials_reset_at:
        _require_confirmed(request, "The password was not changed: nobody confirmed it.")
    return _shown_once(request, credentials.reset(replica))


def _own_replica(request: Request) -> Replica:
    replica = Replica.objects.filter(organisation=request.organisation).exclude(owner_url="").first()
    if replica is None:
        raise UserError("There are no credentials to change.", "The first sync makes the replica database.", status=404)
    return replica


def _require_confirmed(request: Request, problem: str) -> None:
    if not parse_post(ConfirmForm, request).cleaned_data["confirmed"]:
        raise UserError(problem, "Go back and tick the box; it says who is cut off.")


def _shown_once(request: Request, access: credentials.Access) -> HttpResponse:
    """The page itself with a new password: it is stored nowhere, so no other page can show it."""
    return render(request, "databases/connection.html", {**_connection_context(request), "access": access})


def _connection_context(request: Request) -> dict[str, Any]:
    replica = Replica.objects.filter(organisation=request.organisation).first()
    context: dict[str, Any] = {"replica": replica, "may_manage": request.membership.may_manage}
    if replica and replica.owner_url:
        tls = tls_of(replica)
        access = credentials.access(replica)
        context |= {"access": access, "tls": tls, "ready": ready_strings(access, tls.mode)}
        context |= {"dashboards": DASHBOARDS, "may_download": request.membership.may_download}
        known = holders_if_known(replica)
        context |= {"holders": known, "rotation": RotationForm()}
        context["former_holders"] = [one for one in known or [] if one.role == replica.former_role]
    return context
