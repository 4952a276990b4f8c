"""Connections to database servers by which replicas are made, filled and looked after, and passwords for roles."""

import secrets
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]
CONNECT_TIMEOUT = 3  # seconds


def connect(url: str) -> Connection:
    """A connection in autocommit mode, refused within seconds when nobody answers."""
    return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT, application_name="statetrace-exports")


def new_password() -> str:
    return secrets.token_urlsafe(24)


def set_password(server: Connection, role: str, password: str) -> None:
    """Send the password as a SCRAM verifier only: the server's log may show statements."""
    verifier = server.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    server.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), verifier.decode()))
