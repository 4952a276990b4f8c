"""The organisation's own access to its replica: its address, its open connections, and a new password, shown once.

The password is stored nowhere: the server keeps its SCRAM verifier, and the page that answers a reset shows it.
"""

from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from django.utils import timezone
from psycopg import sql
from psycopg.rows import class_row

from replica.databases import addresses
from replica.databases.models import Replica
from replica.databases.provisioning import apply_settings
from replica.databases.server import connect, new_password, set_password
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.errors import UserError

END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
END_LONG_STATEMENTS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE usename = %s AND state <> 'idle' AND xact_start < now() - make_interval(secs => %s)
"""
LONGEST_SECONDS = 90  # beyond the 60 s of `LOGIN_SETTINGS`, which a role can change for its own sessions
HOLDERS = """
SELECT pid, application_name AS application, coalesce(host(client_addr), 'local') AS client, state,
       backend_start AS since
FROM pg_stat_activity WHERE usename = %s ORDER BY backend_start
"""


@dataclass(frozen=True)
class Holder:
    """A client that holds one of the organisation's connections."""

    pid: int
    application: str
    client: str
    state: str | None  # active, idle, idle in transaction, …
    since: datetime


@dataclass(frozen=True)
class Access:
    """How a tool connects. `password` is empty, except right after a reset."""

    host: str
    port: str
    database: str
    user: str
    limit: int
    password: str = field(default="", repr=False)

    @property
    def is_local(self) -> bool:
        """Whether the server listens on a socket of its own machine alone, as the embedded one does."""
        return self.host.startswith("/")

    @property
    def psql(self) -> str:
        """A command that asks for the password instead of showing it in the shell's history."""
        return f'psql "host={self.host} port={self.port} dbname={self.database} user={self.user}"'


def access(replica: Replica, password: str = "") -> Access:
    return Access(
        host=addresses.part_of(replica.owner_url, "host", "localhost"),
        port=addresses.part_of(replica.owner_url, "port", "5432"),
        database=replica.database,
        user=replica.login_role,
        limit=replica.connection_limit,
        password=password,
    )


def reset(replica: Replica) -> Access:
    """Set a new password and end the sessions that used the old one.

    Raises a UserError (503) if the server does not answer or refuses; the old password then still holds.
    """
    password = new_password()
    try:
        with connect(replica.owner_url) as server:
            apply_settings(server, replica.login_role)  # the role may have changed them
            set_password(server, replica.login_role, password)
            server.execute(END_SESSIONS, [replica.login_role])
    except psycopg.Error:
        raise UserError(
            "The password was not changed: the replica's server does not answer, or refuses.",
            "Try again in a minute; the old password still holds.",
            status=503,
        ) from None
    replica.credentials_reset_at = timezone.now()
    replica.save(update_fields=["credentials_reset_at"])
    record(Event.CREDENTIALS_RESET, f"role {replica.login_role}", organisation=replica.organisation)
    return access(replica, password)


def end_long_statements(replica: Replica, seconds: float = LONGEST_SECONDS) -> int:
    """End the organisation's sessions whose transaction is older; how many. Raises psycopg.Error as below."""
    with connect(replica.owner_url) as server:
        return len(server.execute(END_LONG_STATEMENTS, [replica.login_role, seconds]).fetchall())


def limit_connections(replica: Replica) -> None:
    """Apply `connection_limit` on the server; open sessions stay. Raises psycopg.Error if it does not answer."""
    change = sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}")
    with connect(replica.owner_url) as server:
        server.execute(change.format(sql.Identifier(replica.login_role), sql.Literal(replica.connection_limit)))


def holders(replica: Replica) -> list[Holder]:
    """The clients that are connected by the organisation's role, oldest first. Raises psycopg.Error as above."""
    with connect(replica.owner_url) as server, server.cursor(row_factory=class_row(Holder)) as cursor:
        return cursor.execute(HOLDERS, [replica.login_role]).fetchall()
