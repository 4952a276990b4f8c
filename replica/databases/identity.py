"""Which database an address leads to, by what the server itself says: names, proxies and tunnels do not matter.

A replica that somebody else fills must not be a database of this dashboard: its pages would show one organisation
what belongs to others.
"""

import time
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from django.conf import settings

from replica.databases.models import Replica
from replica.databases.server import connect, own_urls
from statetrace_ui.web.errors import UserError

DATABASE = """
SELECT pg_catalog.current_database()::text, extract(epoch FROM pg_catalog.pg_postmaster_start_time())::text,
       pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
"""
SYSTEM = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()"
KEPT = 60  # seconds: our own servers are not asked again for each connection
_known: dict[str, tuple[float, "Identity"]] = {}


class Cursor(Protocol):
    """What the cursors of all our drivers have."""

    def execute(self, statement: Any, /) -> Any: ...
    def fetchone(self) -> Any: ...


class OwnDatabase(UserError):
    """The address of a replica leads to a database that is the dashboard's own, or another organisation's."""

    def __init__(self) -> None:
        super().__init__(
            "This address leads to a database of the dashboard itself, or to another organisation's replica.",
            "Enter the address of your organisation's own database.",
            status=503,
        )


@dataclass(frozen=True)
class Identity:
    """A database of a server. `system` is the server's for life; '' where the role may not ask for it."""

    database: str
    started: str
    system: str = ""

    def is_on_server_of(self, other: "Identity") -> bool:
        if self.system and other.system:
            return self.system == other.system
        return self.started == other.started


def ask(cursor: Cursor) -> Identity:
    """The identity of the database that the cursor reads. Raises what its driver raises."""
    cursor.execute(DATABASE)
    database, started, may_ask = cursor.fetchone()
    if not may_ask:
        return Identity(database, started)
    cursor.execute(SYSTEM)
    return Identity(database, started, cursor.fetchone()[0])


def require_foreign(found: Identity) -> None:
    """Raise OwnDatabase if the database is one of this dashboard, or a replica that it fills."""
    for url in {*own_urls(), settings.REPLICA_SERVER_URL}:
        own = _identity_of(url)
        if own and found.is_on_server_of(own) and found.database == own.database:
            raise OwnDatabase
    server = _identity_of(settings.REPLICA_SERVER_URL)
    filled = Replica.objects.exclude(owner_url="").filter(database=found.database)
    if server and found.is_on_server_of(server) and filled.exists():
        raise OwnDatabase


def _identity_of(url: str) -> Identity | None:
    """The identity of a database of ours; None while it does not answer and is not known."""
    asked, known = _known.get(url, (0.0, None))
    if known and time.monotonic() - asked < KEPT:
        return known
    try:
        with connect(url) as connection, connection.cursor() as cursor:
            known = ask(cursor)
    except psycopg.Error:
        return known
    _known[url] = (time.monotonic(), known)
    return known
