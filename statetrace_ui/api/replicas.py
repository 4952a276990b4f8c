"""The organisation's replica: how tools reach it, and what holds for all of its exports."""

from typing import Any
from uuid import UUID

import psycopg
from django.db import transaction
from django.http import HttpResponse

from replica.databases import credentials
from replica.databases.models import Replica
from replica.exports.copy import session_tables
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.api import editions, shapes
from statetrace_ui.api.access import flow_of
from statetrace_ui.api.framework import Token
from statetrace_ui.api.problems import Problem
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.api.routers import flows, others
from statetrace_ui.api.scopes import Scope
from statetrace_ui.web.models import Organisation

TAGS = ["Replica"]
NONE_YET = "There is no replica that this site fills: the first sync makes one."


@others.get("/replica/dbinfo", tags=TAGS, auth=Token(Scope.READ), response=shapes.Database)
def read_database(request: ApiRequest) -> dict[str, Any]:
    return _database(request.organisation)


@flows.get("/{uuid:user_flow_id}/dbinfo", tags=TAGS, auth=Token(Scope.READ), response=shapes.Database)
def read_flow_database(request: ApiRequest, user_flow_id: UUID) -> dict[str, Any]:
    """All flows of an organisation are in one database."""
    return _database(flow_of(request, user_flow_id).organisation)


@others.get("/replica/settings", tags=TAGS, auth=Token(Scope.READ), response=shapes.ReplicaSettings)
def read_replica_settings(request: ApiRequest, response: HttpResponse) -> dict[str, Any]:
    return _told(response, _replica(request.organisation))


@others.put("/replica/settings", tags=TAGS, auth=Token(Scope.EXPORT), response=shapes.ReplicaSettings)
@editions.edits
def change_replica_settings(
    request: ApiRequest, response: HttpResponse, body: shapes.ReplicaSettingsWish
) -> dict[str, Any]:
    replica = _replica(request.organisation)
    with transaction.atomic():
        locked = Replica.objects.select_for_update().get(pk=replica.pk)
        editions.check(request, editions.etag(_settings(locked)))
        locked.connection_limit = body.connection_limit
        locked.save(update_fields=["connection_limit"])
        record(Event.REPLICA_CHANGED, f"{locked.database}: connection_limit")
        try:
            credentials.limit_connections(locked)
        except psycopg.Error:
            raise Problem(503, "The replica's server does not answer, so nothing was changed.") from None
    return _told(response, locked)


def _replica(organisation: Organisation) -> Replica:
    replica = Replica.objects.filter(organisation=organisation).exclude(owner_url="").first()
    if replica is None:
        raise Problem(404, NONE_YET)
    return replica


def _database(organisation: Organisation) -> dict[str, Any]:
    access = credentials.access(_replica(organisation))
    return {
        "host": access.host,
        "port": int(access.port),
        "database": access.database,
        "user": access.user,
        "connection_limit": access.limit,
        "psql": access.psql,
        "tables": sorted(["user_flow", *session_tables()]),
    }


def _settings(replica: Replica) -> dict[str, Any]:
    return {"connection_limit": replica.connection_limit}


def _told(response: HttpResponse, replica: Replica) -> dict[str, Any]:
    response.headers["ETag"] = editions.etag(_settings(replica))
    return _settings(replica)
