"""Makes an organisation's replica database: its tables, its roles, and the rights of each.

Three roles belong to a replica. A group without login holds all rights: CONNECT to this one database and SELECT on its
tables. The organisation's login role and the dashboard's own reader are members of that group and of nothing else.
Each step looks at what exists already, so that a run that was killed half-way can simply be run again.

A database of somebody else is never touched: no replica is made while its roles could connect to one.
"""

import contextlib
import logging

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from psycopg import errors, sql

from replica.databases import addresses, roles
from replica.databases.models import Replica
from replica.databases.roles import dashboard_role, group_role
from replica.databases.server import Connection, connect, new_password, own_urls, set_password
from replica.schema.comments import write_comments
from replica.schema.definition import create_tables
from statetrace_ui.web.models import Organisation

logger = logging.getLogger(__name__)
LOCK = 0x5747  # any number that all provisioning processes share
ON_EVERY_SERVER = ("template1", "postgres")


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
        elif replica.owner_url == _owner_url(replica) and open_databases(server, replica):  # made since then
            still_open = _close_other_databases(server, replica)
            if still_open:
                logger.warning("The roles of %s may connect to %s", replica.database, ", ".join(still_open))
        _bring_up_to_date(replica)
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


def is_on_server(replica: Replica) -> bool:
    """Whether the replica's database is on the server that the settings name."""
    return _is_same_server(replica.owner_url, _owner_url(replica))


def _owner_url(replica: Replica) -> str:
    """The address by which exports write the replica, on the server that the settings name."""
    return addresses.with_parts(settings.REPLICA_SERVER_URL, dbname=replica.database)


def _is_same_server(url: str, other_url: str) -> bool:
    return all(addresses.part_of(url, key) == addresses.part_of(other_url, key) for key in ("host", "port", "user"))


def _claim(organisation: Organisation) -> Replica:
    """The organisation's row, made now if need be.

    Names end in the organisation's number: slugs, with what is added to them for the roles, could meet in one name.
    Replicas that were made before keep theirs.
    """
    replica = Replica.objects.filter(organisation=organisation).first()
    if replica:
        return replica
    name = f"replica_{_short(organisation.slug)}_{organisation.pk}"
    with connect(settings.REPLICA_SERVER_URL) as server:
        names = roles.roles_of(Replica(database=name, login_role=name))
        if _has_database(server, name) or roles.has_role(server, names):
            raise ProvisioningRefused(
                f"The server of REPLICA_SERVER_URL has a database or a role called {name} already, which this dashboard"
                " does not know. Rename or drop it, with the roles whose names begin so; then sync again."
            )
    try:
        with transaction.atomic():
            return Replica.objects.create(organisation=organisation, database=name, login_role=name)
    except IntegrityError:  # another process was faster
        return Replica.objects.get(organisation=organisation)


def _short(slug: str) -> str:
    """A slug as part of a name, of which PostgreSQL keeps 63 bytes with what is added."""
    return slug.replace("-", "_").lower().encode()[:30].decode(errors="ignore")


def _provision(server: Connection, replica: Replica) -> None:
    group, pages = group_role(replica), dashboard_role(replica)
    _require_own_roles(replica)
    roles.make_role(server, group, "NOLOGIN")
    roles.make_login_role(server, replica, replica.login_role)
    roles.make_role(server, pages, "LOGIN", member_of=group)
    _make_database(server, replica.database, group)
    owner_url = _owner_url(replica)
    with connect(owner_url) as owner:
        create_tables(owner)
        _grant_reading(owner, group)
    _require_isolation(_close_other_databases(server, replica))
    password = new_password()
    set_password(server, pages, password)
    replica.owner_url = owner_url
    replica.reader_url = addresses.with_parts(owner_url, user=pages, password=password)
    replica.provisioned_at = timezone.now()
    replica.save()


def _bring_up_to_date(replica: Replica) -> None:
    """Give a replica, however long ago it was made, what one that is made now has. It looks first; most is there."""
    with connect(replica.owner_url) as owner:
        roles.renew_limits(owner, replica)
        roles.close_functions(owner)
        if not (replica.credentials_reset_at or replica.first_password):
            replica.first_password = new_password()
            set_password(owner, replica.login_role, replica.first_password)
            replica.save(update_fields=["first_password"])
        try:
            write_comments(owner)
        except errors.LockNotAvailable:
            logger.info("A table of %s is being altered: its comments are written at the next sync", replica.database)


def _require_own_roles(replica: Replica) -> None:
    """Refuse to alter what another replica made: older names hold no number, and could meet."""
    for other in Replica.objects.exclude(pk=replica.pk).exclude(owner_url=""):
        shared = roles.roles_of(other).intersection(roles.roles_of(replica))
        if shared:
            raise ProvisioningRefused(
                f"The role {min(shared)} belongs to the replica {other.database} of another organisation. Give this"
                " replica's row names of its own, or remove it: the next sync makes another."
            )


def _was_dropped(server: Connection, replica: Replica) -> bool:
    """Whether the database belongs on this server and is missing; the store holds all that was in it."""
    return replica.owner_url == _owner_url(replica) and not _has_database(server, replica.database)


def _has_database(server: Connection, name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


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
    roles.close_functions(owner)
    row = owner.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [group]).fetchone()
    if row and row[0]:
        raise ProvisioningRefused(
            "Every role of this server may create tables in a new database. Use PostgreSQL 15 or newer, or run in"
            " template1 as superuser: REVOKE CREATE ON SCHEMA public FROM PUBLIC."
        )


def _close_other_databases(server: Connection, replica: Replica) -> list[str]:
    """End what PostgreSQL grants by default: that every role may connect to every database of the server.

    Closed are the databases of `own_urls` and those that our role owns. Returns those that are still open, and that
    the settings do not accept: databases of somebody else, which their owners must close.
    """
    for url in own_urls():
        if _may_connect(server, replica, addresses.part_of(url, "dbname")):
            with contextlib.suppress(errors.InsufficientPrivilege), connect(url) as owner:
                _close_to_public(owner)
    _close_what_we_own(server, replica)
    return [name for name in open_databases(server, replica) if name not in settings.REPLICA_OPEN_DATABASES]


def _require_isolation(still_open: list[str]) -> None:
    """Raise ProvisioningRefused, with the statements to run, if there are such databases."""
    if still_open:
        quoted = [sql.Identifier(name).as_string() for name in still_open]
        statements = "; ".join(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC" for name in quoted)
        raise ProvisioningRefused(
            f"Every role of the server may connect to the database{'s' * (len(still_open) > 1)}"
            f" {', '.join(still_open)}. Run as owner or superuser: {statements}. Grant CONNECT by name to the roles"
            " that need it. If readers of replicas may connect there, name it in REPLICA_OPEN_DATABASES instead."
        )


def open_databases(server: Connection, replica: Replica) -> list[str]:
    """The databases of the server that the organisation's roles may connect to, beside their own."""
    query = """
    SELECT DISTINCT datname FROM pg_database, unnest(%s::text[]) AS role
    WHERE datallowconn AND datname <> %s AND has_database_privilege(role, oid, 'CONNECT')
    ORDER BY datname
    """
    names = [*roles.login_roles(replica), dashboard_role(replica)]
    return [name for (name,) in server.execute(query, [names, replica.database]).fetchall()]


def _close_what_we_own(server: Connection, replica: Replica) -> None:
    """Close other databases that our role owns. All roles that there are keep their way in, but for replicas'.

    On a server that is not ours alone, only those that every server has: rights of other applications stay as they are.
    """
    query = "SELECT datname FROM pg_database WHERE datname = ANY(%s) AND pg_get_userbyid(datdba) = current_user"
    closable = [name for name in open_databases(server, replica) if settings.EMBEDDED or name in ON_EVERY_SERVER]
    owned = server.execute(query, [closable]).fetchall()
    others = _roles_of_others(server) if owned else []
    for (name,) in owned:
        names = {"database": sql.Identifier(name), "roles": sql.SQL(", ").join(map(sql.Identifier, others))}
        if others:
            server.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {roles}").format(**names))
        server.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC").format(**names))


def _roles_of_others(server: Connection) -> list[str]:
    """The roles that may log in and belong to no replica."""
    ours = {role for one in Replica.objects.all() for role in roles.roles_of(one)}
    found = server.execute("SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper").fetchall()
    return [name for (name,) in found if name not in ours]


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
