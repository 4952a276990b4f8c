"""Makes an organisation's replica database: its tables, its roles, and who may do what.

Three roles belong to a replica. A group without login holds every right there is: CONNECT to this one database and
SELECT on its tables. The organisation's login role and the dashboard's own reader are members of it and nothing else.
Each step looks at what is there already, so that a run that was killed half-way is simply run again.
"""

import contextlib
import secrets
from typing import Any

import psycopg
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db import connection as dashboard
from django.utils import timezone
from procrastinate.contrib.django.utils import connector_params
from psycopg import errors, sql

from replica.databases import addresses
from replica.databases.models import Replica
from replica.schema.definition import create_tables
from statetrace_ui.web.models import Organisation

Connection = psycopg.Connection[Any]
CONNECT_TIMEOUT = 3  # seconds
LOCK = 0x5747  # any number that all provisioning processes share
LOGIN_SETTINGS = {
    "default_transaction_read_only": "on",  # says so early; what holds is that the role may only SELECT
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",  # a forgotten transaction would hold one of the few connections
}
LARGE_OBJECT_MAKERS = ("lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid, bytea)")


class ProvisioningRefused(Exception):
    """The server cannot isolate organisations from each other as it is set up; the message says what to change."""


def ensure_replica(organisation: Organisation) -> Replica:
    """The organisation's replica, made now if it is not there yet.

    Raises ProvisioningRefused, or psycopg.Error when the server refuses or does not answer.
    """
    replica = _claim(organisation)
    if replica.reader_url and not replica.owner_url:
        return replica  # somebody else's
    follow_server(replica)
    with connect(settings.REPLICA_SERVER_URL) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if not (replica.provisioned_at and _is_elsewhere_or_there(server, replica)):
            _provision(server, replica)
    return replica


def follow_server(replica: Replica) -> None:
    """Correct the replica's addresses after the server's folder was moved or its owner's password was changed."""
    now = addresses.changed(settings.REPLICA_SERVER_URL, dbname=replica.database)
    if not replica.provisioned_at or now == replica.owner_url:
        return
    if settings.EMBEDDED or all(
        addresses.part(now, key) == addresses.part(replica.owner_url, key) for key in ("host", "port", "user")
    ):
        replica.owner_url = now
        password = addresses.part(replica.reader_url, "password")
        replica.reader_url = addresses.changed(now, user=dashboard_role(replica), password=password)
        replica.save(update_fields=["owner_url", "reader_url"])


def follow_servers() -> None:
    """Correct the addresses of all replicas; a site does so when it starts, an export before each sync."""
    for replica in Replica.objects.exclude(owner_url=""):
        follow_server(replica)


def connect(url: str) -> Connection:
    """A connection in autocommit mode, refused within seconds when nobody answers."""
    return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT, application_name="statetrace-exports")


def group_role(replica: Replica) -> str:
    """The role that holds the right to read this replica."""
    return f"{replica.database}_read"


def dashboard_role(replica: Replica) -> str:
    """The role by which pages read this replica."""
    return f"{replica.database}_pages"


def new_password() -> str:
    return secrets.token_urlsafe(24)


def set_password(server: Connection, role: str, password: str) -> None:
    """Send the password as a SCRAM verifier only: the server's log may show statements."""
    verifier = server.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    server.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), verifier.decode()))


def _claim(organisation: Organisation) -> Replica:
    """The organisation's row, with a database name of its own: slugs like a-b and a_b would meet in one name."""
    known = Replica.objects.filter(organisation=organisation).first()
    if known:
        return known
    plain = f"replica_{organisation.slug.replace('-', '_').lower()}"
    with connect(settings.REPLICA_SERVER_URL) as server:
        taken = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [plain]).fetchone()
    name = f"{plain}_{organisation.pk}" if taken or Replica.objects.filter(database=plain).exists() else plain
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
    owner_url = addresses.changed(settings.REPLICA_SERVER_URL, dbname=replica.database)
    with connect(owner_url) as owner:
        create_tables(owner)
        _grant_reading(owner, group)
    _close_other_databases(server, replica)
    password = new_password()
    set_password(server, pages, password)
    if not replica.credentials_reset_at:
        set_password(server, login, new_password())  # known to nobody until a manager resets it
    replica.owner_url = owner_url
    replica.reader_url = addresses.changed(owner_url, user=pages, password=password)
    replica.provisioned_at = timezone.now()
    replica.save()


def _is_elsewhere_or_there(server: Connection, replica: Replica) -> bool:
    """False if the database was dropped from this server: all that was in it comes from the store again."""
    if replica.owner_url != addresses.changed(settings.REPLICA_SERVER_URL, dbname=replica.database):
        return True
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [replica.database]).fetchone() is not None


def _make_role(server: Connection, name: str, options: str, member_of: str = "") -> None:
    role = sql.Identifier(name)
    if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        server.execute(sql.SQL("CREATE ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE").format(role))
        # Who may look at the sessions of a role and end them must be a member of it; superusers may anyway.
        server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    server.execute(sql.SQL("ALTER ROLE {} {}").format(role, sql.SQL(options)))
    if member_of:
        server.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(member_of), role))
        for setting, value in LOGIN_SETTINGS.items():
            server.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.Identifier(setting), value))


def _make_database(server: Connection, name: str, group: str) -> None:
    database = sql.Identifier(name)
    if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        server.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(database))
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    server.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(group)))


def _grant_reading(owner: Connection, group: str) -> None:
    """SELECT on what is in schema public now and later; nothing at all in schema bookkeeping."""
    owner.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for grant in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {}",
    ):
        owner.execute(sql.SQL(grant).format(sql.Identifier(group)))
    if _is_superuser(owner):
        # Any role may make large objects otherwise, which is a way of writing.
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
    """PostgreSQL lets every role connect to every database by default: end that for the dashboard's own databases."""
    for url in _own_urls():
        if _may_connect(server, replica, addresses.part(url, "dbname")):
            # Where we lack the right, the check below says what the owner must run.
            with contextlib.suppress(errors.InsufficientPrivilege), connect(url) as owner:
                _close_to_public(owner)
    still_open = [name for name in map(_database_of, _own_urls()) if _may_connect(server, replica, name)]
    still_open += [name for name in _other_replicas(replica) if _may_connect(server, replica, name)]
    if still_open:
        raise ProvisioningRefused(
            f"Every role of the server may connect to the database {still_open[0]}. Run as its owner:"
            f' REVOKE CONNECT ON DATABASE "{still_open[0]}" FROM PUBLIC'
        )


def _own_urls() -> list[str]:
    """The dashboard's own databases, and those that `settings.CLOSED_DATABASE_URLS` adds."""
    kept = {key: str(value) for key, value in connector_params().items() if key in ("user", "password", "host", "port")}
    own = addresses.changed("", dbname=str(dashboard.settings_dict["NAME"]), **kept)
    return [own, settings.STORE_URL, *settings.CLOSED_DATABASE_URLS]


def _database_of(url: str) -> str:
    return addresses.part(url, "dbname")


def _other_replicas(replica: Replica) -> list[str]:
    return list(Replica.objects.exclude(pk=replica.pk).values_list("database", flat=True))


def _may_connect(server: Connection, replica: Replica, database: str) -> bool:
    """Whether the organisation's role could open the database; no if that is not on this server."""
    query = "SELECT has_database_privilege(%s, oid, 'CONNECT') FROM pg_database WHERE datname = %s"
    row = server.execute(query, [replica.login_role, database]).fetchone()
    return bool(row and row[0])


def _close_to_public(owner: Connection) -> None:
    """Leave the connected database to those who own it and to the role that is connected."""
    database = sql.Identifier(owner.info.dbname)
    owner.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO CURRENT_USER").format(database))
    owner.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
