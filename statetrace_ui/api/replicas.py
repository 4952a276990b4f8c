"""The organisation's replica: how tools reach it and what is in it, and what holds for all of its exports."""

from typing import Any
from uuid import UUID

import psycopg
from django.db import transaction
from django.http import HttpResponse

from replica.databases import holders
from replica.databases.dbinfo import DatabaseInfo, dbinfo
from replica.databases.models import Replica
from replica.exports import choosing
from replica.exports.options import defaults_of
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.api import editions, export_shapes
from statetrace_ui.api.access import flow_of
from statetrace_ui.api.framework import Token
from statetrace_ui.api.problems import Problem
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows, others
from statetrace_ui.api.scopes import Scope
from statetrace_ui.deliveries.queries import get_endpoint_for
from statetrace_ui.web.models import Organisation

TAGS = ["Replica"]
OF_EXPORTS = {"autosync", "table_types", "keep_days", "keep_newest", "by_mail", "webhook_id"}


@others.get("/replica/dbinfo", tags=TAGS, auth=Token(Scope.READ), response=DatabaseInfo)
def read_database(request: ApiRequest) -> DatabaseInfo:
    return dbinfo(request.organisation)


@flows.get("/{uuid:user_flow_id}/dbinfo", tags=TAGS, auth=Token(Scope.READ), response=DatabaseInfo)
def read_flow_database(request: ApiRequest, user_flow_id: UUID) -> DatabaseInfo:
    """All flows of an organisation are in one database."""
    return dbinfo(flow_of(request, user_flow_id).organisation)


@others.get("/replica/settings", tags=TAGS, auth=Token(Scope.READ), response=export_shapes.ReplicaSettings)
def read_replica_settings(request: ApiRequest, response: HttpResponse) -> dict[str, Any]:
    return _told(response, request.organisation)


@others.put("/replica/settings", tags=TAGS, auth=Token(Scope.EXPORT), response=export_shapes.ReplicaSettings)
@editions.edits
def change_replica_settings(
    request: ApiRequest, response: HttpResponse, body: export_shapes.ReplicaSettingsWish
) -> dict[str, Any]:
    organisation = request.organisation
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        now = _settings(organisation)
        editions.check(request, editions.etag(now))
        if body.model_fields_set & OF_EXPORTS:
            _set_defaults(organisation, {**now, **body.model_dump(exclude_unset=True)})
        if body.connection_limit is not None:
            _limit_connections(organisation, body.connection_limit)
    return _told(response, organisation)


def _set_defaults(organisation: Organisation, chosen: dict[str, Any]) -> None:
    endpoint = get_endpoint_for(organisation, chosen["webhook_id"]) if chosen["webhook_id"] else None
    choice = choosing.Choice(chosen["table_types"], chosen["keep_days"], chosen["keep_newest"])
    choosing.set_defaults(organisation, bool(chosen["autosync"]), choice, bool(chosen["by_mail"]), endpoint)


def _limit_connections(organisation: Organisation, limit: int) -> None:
    replica = required_replica(organisation)
    replica.connection_limit = limit
    replica.save(update_fields=["connection_limit"])
    record(Event.REPLICA_CHANGED, f"{replica.database}: connection_limit")
    try:
        holders.limit_connections(replica)
    except psycopg.Error:
        raise Problem(503, "The replica's server does not answer, so nothing was changed.") from None


def required_replica(organisation: Organisation) -> Replica:
    """Raises Problem (404)."""
    replica = _replica(organisation)
    if replica is None:
        raise Problem(404, "There is no replica that this site fills: the first sync makes one.")
    return replica


def _replica(organisation: Organisation) -> Replica | None:
    return Replica.objects.filter(organisation=organisation).exclude(owner_url="").first()


def _settings(organisation: Organisation) -> dict[str, Any]:
    defaults, replica = defaults_of(organisation.pk), _replica(organisation)
    names = ("table_types", "keep_days", "keep_newest", "by_mail")
    return {
        "autosync": int(defaults.autosync),
        "webhook_id": defaults.endpoint_id,
        "connection_limit": replica.connection_limit if replica else None,
        **{name: getattr(defaults, name) for name in names},
    }


def _told(response: HttpResponse, organisation: Organisation) -> dict[str, Any]:
    shown = _settings(organisation)
    response.headers["ETag"] = editions.etag(shown)
    return shown
