"""The roles of a replica: what they are called, what they are set to, and what they may not call.

Limits that a role can change for itself are written again: all of them when its password is made, and those that
differ at each sync.
"""

from collections.abc import Iterable
from datetime import datetime

from psycopg import sql

from replica.databases.models import Replica
from replica.databases.server import Connection

LOGIN_SETTINGS = {
    "default_transaction_read_only": "on",  # fails early; the boundary is that the role may only SELECT
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",  # a forgotten transaction would hold one of the few connections
}
SUPERUSER_SETTINGS = {"temp_file_limit": "10GB"}  # else one sort could fill the disk; the role cannot undo it
# By default any role may make large objects and write messages to the log of changes, and so fill the disk; end what
# others run by the same role; and take advisory locks until the whole server has no room for locks.
NOT_FOR_READERS = (
    "pg_cancel_backend|pg_terminate_backend|lo_creat|lo_create|lo_from_bytea|pg_logical_emit_message"
    "|pg_(try_)?advisory_(xact_)?lock(_shared)?"
)
OPEN_FUNCTIONS = """
SELECT oid::regprocedure::text FROM pg_catalog.pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ %s AND has_function_privilege('public', oid, 'EXECUTE')
"""
# What a role has for all databases, and what it has for one, which wins.
SETTINGS = """
SELECT d.datname::text, setting FROM pg_catalog.pg_db_role_setting s
JOIN pg_catalog.pg_roles r ON r.oid = s.setrole LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
pg_catalog.unnest(s.setconfig) AS setting
WHERE r.rolname = %s
"""


def group_role(replica: Replica) -> str:
    """The role that holds the right to read this replica."""
    return f"{replica.database}_read"


def dashboard_role(replica: Replica) -> str:
    """The role by which pages read this replica."""
    return f"{replica.database}_pages"


def spare_role(replica: Replica) -> str:
    """The one of the organisation's two login roles that is not in use: they take turns when passwords change.

    The second one's name ends in no digit, so that it is no other replica's name.
    """
    first, second = replica.database, f"{replica.database}_b"
    return second if replica.login_role == first else first


def login_roles(replica: Replica) -> list[str]:
    """The organisation's login roles that may be in use: the present one, and the one before until its time is over."""
    return [role for role in (replica.login_role, replica.former_role) if role]


def roles_of(replica: Replica) -> set[str]:
    """All roles of a replica, whether they were made yet or not."""
    return {group_role(replica), dashboard_role(replica), replica.login_role, spare_role(replica)}


def made_roles(server: Connection, replica: Replica) -> list[str]:
    """Those of its roles that provisioning made on the server: the group, which comes last, and its members."""
    group = group_role(replica)
    query = "SELECT rolname::text FROM pg_roles WHERE rolname = ANY(%s) AND pg_has_role(oid, %s, 'MEMBER')"
    if not has_role(server, [group]):
        return []
    found = [name for (name,) in server.execute(query, [list(roles_of(replica)), group]).fetchall()]
    return [*(name for name in found if name != group), group]


def has_role(server: Connection, names: Iterable[str]) -> bool:
    """Whether the server has any of these roles."""
    return server.execute("SELECT 1 FROM pg_roles WHERE rolname = ANY(%s)", [list(names)]).fetchone() is not None


def make_role(server: Connection, name: str, options: str, member_of: str = "") -> None:
    """Make a role, or alter it, and set its limits if it logs in."""
    role = sql.Identifier(name)
    if not has_role(server, [name]):
        server.execute(sql.SQL("CREATE ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE").format(role))
        # Only members of a role (and superusers) may see its sessions and end them.
        server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    server.execute(sql.SQL("ALTER ROLE {} {}").format(role, sql.SQL(options)))
    if member_of:
        server.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(member_of), role))
        apply_settings(server, name)


def make_login_role(server: Connection, replica: Replica, name: str) -> None:
    """Make one of the organisation's login roles, with its limits and without an end."""
    options = f"LOGIN CONNECTION LIMIT {replica.connection_limit:d} VALID UNTIL 'infinity'"
    make_role(server, name, options, member_of=group_role(replica))


def limit_time(server: Connection, name: str, until: datetime | None) -> None:
    """Let the role's password count until then; sessions that are open by then stay. None: for good."""
    end = until.isoformat() if until else "infinity"
    server.execute(sql.SQL("ALTER ROLE {} VALID UNTIL {}").format(sql.Identifier(name), end))


def close_role(server: Connection, name: str) -> None:
    """Keep the role from logging in. Its sessions are to be ended once this is committed."""
    if has_role(server, [name]):
        server.execute(sql.SQL("ALTER ROLE {} NOLOGIN PASSWORD NULL").format(sql.Identifier(name)))


def end_sessions(server: Connection, names: list[str]) -> None:
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY(%s)", [names])


def apply_settings(server: Connection, name: str) -> None:
    """Set the defaults of a login role (again), and nothing else, for whatever database."""
    role = sql.Identifier(name)
    server.execute(sql.SQL("ALTER ROLE {} RESET ALL").format(role))
    for database in {database for database, _ in _settings(server, name) if database}:
        server.execute(sql.SQL("ALTER ROLE {} IN DATABASE {} RESET ALL").format(role, sql.Identifier(database)))
    renew_settings(server, name)


def renew_settings(server: Connection, name: str) -> None:
    """Set again those of the limits that the role has changed for itself; its other settings stay."""
    role, found = sql.Identifier(name), _settings(server, name)
    wanted = LOGIN_SETTINGS | (SUPERUSER_SETTINGS if is_superuser(server) else {})
    for setting, value in wanted.items():
        if (None, f"{setting}={value}") not in found:
            server.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.Identifier(setting), value))
    for database, text in found:
        setting = text.partition("=")[0]
        if database and setting in wanted:
            change = sql.SQL("ALTER ROLE {} IN DATABASE {} RESET {}")
            server.execute(change.format(role, sql.Identifier(database), sql.Identifier(setting)))


def _settings(server: Connection, name: str) -> list[tuple[str | None, str]]:
    """(database or None for all, "name=value") of what the role is set to."""
    return server.execute(SETTINGS, [name]).fetchall()


def renew_limits(server: Connection, replica: Replica) -> None:
    """Bring the login roles to what they should be: their settings, their number of connections, their end."""
    query = "SELECT rolconnlimit, rolvaliduntil = 'infinity' FROM pg_roles WHERE rolname = %s"
    for name in login_roles(replica):
        row = server.execute(query, [name]).fetchone()
        if row is None:
            continue  # somebody dropped it
        if row[0] != replica.connection_limit:
            limit_connections(server, name, replica.connection_limit)
        if name == replica.login_role and row[1] is False:
            limit_time(server, name, None)
        renew_settings(server, name)
    renew_settings(server, dashboard_role(replica))


def limit_connections(server: Connection, name: str, limit: int) -> None:
    change = sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}")
    server.execute(change.format(sql.Identifier(name), sql.Literal(limit)))


def close_functions(owner: Connection) -> None:
    """Take from PUBLIC, in the connected database, what readers could harm the server with; a superuser alone can."""
    if is_superuser(owner):
        for (function,) in owner.execute(OPEN_FUNCTIONS, [f"^({NOT_FOR_READERS})$"]).fetchall():
            owner.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC".encode())


def is_superuser(connection: Connection) -> bool:
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])
