"""Databases that tests make beside the dashboard's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


def copy_database(server_url: str, template: str, name: str) -> str:
    """Make a database as a copy of another; its URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


def drop_database(server_url: str, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        drop(connection, name)


def drop(connection: psycopg.Connection[Any], name: str) -> None:
    """Drop a database over a connection to another: to connect takes as long as to drop."""
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def copied_database(server_url: str, template: str, name: str) -> Iterator[str]:
    """The URL of a copy that is dropped in the end."""
    yield copy_database(server_url, template, name)
    drop_database(server_url, name)


def remove_replicas(server_url: str) -> None:
    """Drop every database and role that provisioning has made on the server."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        for (name,) in connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'replica\\_%'"
        ).fetchall():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'replica\\_%'").fetchall():
            connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(name)))
