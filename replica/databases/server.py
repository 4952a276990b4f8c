"""Connections to database servers by which replicas are made, filled and looked after, and passwords for roles."""

import secrets
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection as dashboard
from procrastinate.contrib.django.utils import connector_params
from psycopg import sql

from replica.databases import addresses

Connection = psycopg.Connection[Any]
CONNECT_TIMEOUT = 3  # seconds
# The client notices within a minute that a server has vanished.
LIVELINESS: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # ms
}


def connect(url: str) -> Connection:
    """A connection in autocommit mode, refused within seconds when nobody answers."""
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_TIMEOUT,
        application_name="statetrace-exports",
        **LIVELINESS,
    )


def own_urls() -> list[str]:
    """The dashboard's own two databases, and those that `settings.CLOSED_DATABASE_URLS` adds."""
    kept = {key: str(value) for key, value in connector_params().items() if key in ("user", "password", "host", "port")}
    dashboard_url = addresses.with_parts("", dbname=str(dashboard.settings_dict["NAME"]), **kept)
    return [dashboard_url, settings.STORE_URL, *settings.CLOSED_DATABASE_URLS]


def new_password() -> str:
    return secrets.token_urlsafe(24)


def set_password(server: Connection, role: str, password: str) -> None:
    """Send the password as a SCRAM verifier only: the server's log may show statements."""
    verifier = server.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    server.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), verifier.decode()))
