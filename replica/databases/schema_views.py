"""The schema of an organisation's replica: what is there, what differs, and the upgrade."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from replica.databases.forms import LegacyForm
from replica.databases.models import Replica
from replica.databases.schema_report import schema_report
from replica.databases.upgrading import upgrade
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_post
from statetrace_ui.web.requests import Request, manager_view, member_view


@require_GET
@member_view
def schema(request: Request) -> HttpResponse:
    replica = Replica.objects.filter(organisation=request.organisation).exclude(reader_url="").first()
    context: dict[str, Any] = {"replica": replica, "may_manage": request.membership.may_manage}
    if replica:
        context["report"] = schema_report(request.organisation)
    return render(request, "databases/schema.html", context)


@require_POST
@manager_view
def upgrade_schema(request: Request) -> HttpResponse:
    upgrade(_own_replica(request))
    return redirect("databases:schema")


@require_POST
@manager_view
def switch_legacy(request: Request) -> HttpResponse:
    """Flows' own tables come and go with the next sync of each."""
    replica = _own_replica(request)
    replica.legacy_tables = bool(parse_post(LegacyForm, request).cleaned_data["legacy"])
    replica.save(update_fields=["legacy_tables"])
    state = "on" if replica.legacy_tables else "off"
    record(Event.REPLICA_CHANGED, f"{replica.database}: tables of user flows {state}")
    return redirect("databases:schema")


def _own_replica(request: Request) -> Replica:
    replica = Replica.objects.filter(organisation=request.organisation).exclude(owner_url="").first()
    if replica is None:
        raise UserError(
            "The dashboard does not fill this organisation's replica.", "Its operator can change it.", status=404
        )
    return replica
