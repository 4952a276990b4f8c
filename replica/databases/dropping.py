"""Drops an organisation's replica: its database and its roles. Each step may be done again."""

from django.conf import settings
from psycopg import errors, sql

from replica.databases.models import Replica
from replica.databases.provisioning import LOCK, ProvisioningRefused, is_on_server
from replica.databases.roles import made_roles
from replica.databases.server import Connection, connect

ELSEWHERE = (
    "The replica's database lies on another server than the one that REPLICA_SERVER_URL names, so it was not dropped."
    " Drop it there, with its roles, and remove the replica's row."
)


def drop_replica(replica: Replica) -> None:
    """Drop what provisioning made, whoever is connected. Raises ProvisioningRefused if it is on another server."""
    if not is_on_server(replica):
        raise ProvisioningRefused(ELSEWHERE)
    with connect(settings.REPLICA_SERVER_URL) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        _drop_database(server, replica.database)
        for role in made_roles(server, replica):
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def _drop_database(server: Connection, name: str) -> None:
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    try:
        server.execute(drop)
    except errors.ObjectInUse:  # somebody connected in between
        server.execute(drop)
