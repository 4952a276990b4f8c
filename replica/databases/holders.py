"""Who holds the organisation's few connections to its replica, and the end of what holds them too long."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from django.utils import timezone
from psycopg.rows import class_row

from replica.databases import roles
from replica.databases.models import Replica
from replica.databases.server import connect

END_LONG_STATEMENTS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE usename = ANY(%s) AND state <> 'idle' AND xact_start < now() - make_interval(secs => %s)
"""
LONGEST_SECONDS = 90  # beyond the 60 s of `roles.LOGIN_SETTINGS`, which a role can change for its own sessions
HOLDERS = """
SELECT pid, usename::text AS role, application_name AS application, coalesce(host(client_addr), 'local') AS client,
       state, backend_start AS since
FROM pg_stat_activity WHERE usename = ANY(%s) ORDER BY backend_start
"""


@dataclass(frozen=True)
class Holder:
    """A client that holds one of the organisation's connections."""

    pid: int
    role: str
    application: str
    client: str
    state: str | None  # active, idle, idle in transaction, …
    since: datetime


def holders(replica: Replica) -> list[Holder]:
    """The clients that are connected by the organisation's roles, oldest first. Raises psycopg.Error."""
    with connect(replica.owner_url) as server, server.cursor(row_factory=class_row(Holder)) as cursor:
        return cursor.execute(HOLDERS, [roles.login_roles(replica)]).fetchall()


def holders_if_known(replica: Replica) -> list[Holder] | None:
    """The same; None if the server does not answer."""
    try:
        return holders(replica)
    except psycopg.Error:
        return None


def end_long_statements(replica: Replica, seconds: float = LONGEST_SECONDS) -> int:
    """End the organisation's sessions whose transaction is older; how many. Raises psycopg.Error."""
    with connect(replica.owner_url) as server:
        return len(server.execute(END_LONG_STATEMENTS, [roles.login_roles(replica), seconds]).fetchall())


def limit_connections(replica: Replica) -> None:
    """Apply `connection_limit` on the server; open sessions stay. Raises psycopg.Error if it does not answer."""
    with connect(replica.owner_url) as server:
        for role in roles.login_roles(replica):
            roles.limit_connections(server, role, replica.connection_limit)


def is_over(replica: Replica) -> bool:
    """Whether the time of the role that was in use before the last rotation is over."""
    return bool(replica.former_role and replica.former_until and replica.former_until <= timezone.now())
