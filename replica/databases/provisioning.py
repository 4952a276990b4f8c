"""Makes an organisation's replica database: its tables, its roles, and the rights of each.

Three roles belong to a replica. A group without login holds all rights: CONNECT to this one database and SELECT on its
tables. The organisation's login role and the dashboard's own reader are members of that group and of nothing else.
Each step looks at what exists already, so that a run that was killed half-way can simply be run again.

No database is touched but the replica, the dashboard's own two, and those that `settings.CLOSED_DATABASE_URLS` names.
"""

import contextlib

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from psycopg import errors, sql

from replica.databases import addresses
from replica.databases.models import Replica
from replica.databases.server import Connection, connect, new_password, own_urls, set_password
from replica.schema.definition import create_tables
from statetrace_ui.web.models import Organisation

LOCK = 0x5747  # any number that all provisioning processes share
LOGIN_SETTINGS = {
    "default_transaction_read_only": "on",  # fails early; the boundary is that the role may only SELECT
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",  # a forgotten transaction would hold one of the few connections
}
LARGE_OBJECT_MAKERS = ("lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid, bytea)")


class ProvisioningRefused(Exception):
    """The server is set up so that it cannot isolate organisations from each other; the message says what to change."""


def ensure_replica(organisation: Organisation) -> Replica:
    """The organisation's replica; its database is made now if it does not exist yet.

    Raises ProvisioningRefused, or psycopg.Error when the server refuses or does not answer.
    """
    replica = _claim(organisation)
    if replica.reader_url and not replica.owner_url:
        return replica  # somebody else fills it
    follow_server(replica)
    with connect(settings.REPLICA_SERVER_URL) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if not replica.provisioned_at or _was_dropped(server, replica):
            _provision(server, replica)
    return replica


def follow_server(replica: Replica) -> None:
    """Correct the replica's addresses after the server's folder was moved or its owner's password was changed."""
    owner_url = _owner_url(replica)
    if not replica.provisioned_at or owner_url == replica.owner_url:
        return
    if settings.EMBEDDED or _is_same_server(owner_url, replica.owner_url):
        password = addresses.part_of(replica.reader_url, "password")
        replica.owner_url = owner_url
        replica.reader_url = addresses.with_parts(owner_url, user=dashboard_role(replica), password=password)
        replica.save(update_fields=["owner_url", "reader_url"])


def follow_servers() -> None:
    """Correct the addresses of all replicas. A site does this when it starts; a sync does it for its own replica."""
    for replica in Replica.objects.exclude(owner_url=""):
        follow_server(replica)


def group_role(replica: Replica) -> str:
    """The role that holds the right to read this replica."""
    return f"{replica.database}_read"


def dashboard_role(replica: Replica) -> str:
    """The role by which pages read this replica."""
    return f"{replica.database}_pages"


def _owner_url(replica: Replica) -> str:
    """The address by which exports write the replica, on the server that the settings name."""
    return addresses.with_parts(settings.REPLICA_SERVER_URL, dbname=replica.database)


def _is_same_server(url: str, other_url: str) -> bool:
    return all(addresses.part_of(url, key) == addresses.part_of(other_url, key) for key in ("host", "port", "user"))


def _claim(organisation: Organisation) -> Replica:
    """The organisation's row, made now if need be. Its database gets a name of its own: a-b and a_b would share one."""
    replica = Replica.objects.filter(organisation=organisation).first()
    if replica:
        return replica
    name = f"replica_{organisation.slug.replace('-', '_').lower()}"
    with connect(settings.REPLICA_SERVER_URL) as server:
        is_taken = _has_database(server, name) or Replica.objects.filter(database=name).exists()
    if is_taken:
        name = f"{name}_{organisation.pk}"
    try:
        with transaction.atomic():
            return Replica.objects.create(organisation=organisation, database=name, login_role=name)
    except IntegrityError:  # another process was faster
        return Replica.objects.get(organisation=organisation)


def _provision(server: Connection, replica: Replica) -> None:
    group, login, pages = group_role(replica), replica.login_role, dashboard_role(replica)
    _make_role(server, group, "NOLOGIN")
    _make_role(server, login, f"LOGIN CONNECTION LIMIT {replica.connection_limit:d}", member_of=group)
    _make_role(server, pages, "LOGIN", member_of=group)
    _make_database(server, replica.database, group)
    owner_url = _owner_url(replica)
    with connect(owner_url) as owner:
        create_tables(owner)
        _grant_reading(owner, group)
    _close_other_databases(server, replica)
    password = new_password()
    set_password(server, pages, password)
    if not replica.credentials_reset_at:
        set_password(server, login, new_password())  # known to nobody until a manager resets it
    replica.owner_url = owner_url
    replica.reader_url = addresses.with_parts(owner_url, user=pages, password=password)
    replica.provisioned_at = timezone.now()
    replica.save()


def _was_dropped(server: Connection, replica: Replica) -> bool:
    """Whether the database belongs on this server and is missing; the store holds all that was in it."""
    return replica.owner_url == _owner_url(replica) and not _has_database(server, replica.database)


def _has_database(server: Connection, name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _make_role(server: Connection, name: str, options: str, member_of: str = "") -> None:
    role = sql.Identifier(name)
    if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        server.execute(sql.SQL("CREATE ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE").format(role))
        # Only members of a role (and superusers) may see its sessions and end them.
        server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    server.execute(sql.SQL("ALTER ROLE {} {}").format(role, sql.SQL(options)))
    if member_of:
        server.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(member_of), role))
        for setting, value in LOGIN_SETTINGS.items():
            server.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.Identifier(setting), value))


def _make_database(server: Connection, name: str, group: str) -> None:
    database = sql.Identifier(name)
    if not _has_database(server, name):
        server.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(database))
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    server.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(group)))


def _grant_reading(owner: Connection, group: str) -> None:
    """Grant SELECT on all present and future tables of schema public, and nothing in schema bookkeeping."""
    owner.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for grant in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {}",
    ):
        owner.execute(sql.SQL(grant).format(sql.Identifier(group)))
    if _is_superuser(owner):
        # By default any role may make large objects, and so fill the disk.
        for function in LARGE_OBJECT_MAKERS:
            owner.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(sql.SQL(function)))
    row = owner.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [group]).fetchone()
    if row and row[0]:
        raise ProvisioningRefused(
            "Every role of this server may create tables in a new database. Use PostgreSQL 15 or newer, or run in"
            " template1 as superuser: REVOKE CREATE ON SCHEMA public FROM PUBLIC."
        )


def _is_superuser(connection: Connection) -> bool:
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


def _close_other_databases(server: Connection, replica: Replica) -> None:
    """End what PostgreSQL grants by default: that every role may connect to the databases of `own_urls`."""
    for url in own_urls():
        if _may_connect(server, replica, _database_of(url)):
            # Where we lack the right, the check below names the statement that the owner must run.
            with contextlib.suppress(errors.InsufficientPrivilege), connect(url) as owner:
                _close_to_public(owner)
    closed = [*map(_database_of, own_urls()), *_other_replicas(replica)]
    still_open = [name for name in closed if _may_connect(server, replica, name)]
    if still_open:
        raise ProvisioningRefused(
            f"Every role of the server may connect to the database {still_open[0]}. Run as its owner:"
            f' REVOKE CONNECT ON DATABASE "{still_open[0]}" FROM PUBLIC'
        )


def _database_of(url: str) -> str:
    return addresses.part_of(url, "dbname")


def _other_replicas(replica: Replica) -> list[str]:
    return list(Replica.objects.exclude(pk=replica.pk).values_list("database", flat=True))


def _may_connect(server: Connection, replica: Replica, database: str) -> bool:
    """Whether the organisation's role could open the database; False if the server does not have it."""
    query = "SELECT has_database_privilege(%s, oid, 'CONNECT') FROM pg_database WHERE datname = %s"
    row = server.execute(query, [replica.login_role, database]).fetchone()
    return bool(row and row[0])


def _close_to_public(owner: Connection) -> None:
    """Close the connected database to all roles but its owner and the one that is connected."""
    database = sql.Identifier(owner.info.dbname)
    owner.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO CURRENT_USER").format(database))
    owner.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
