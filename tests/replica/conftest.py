"""Replicas that an organisation's pages can read."""

import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from replica.databases.connections import alias_for
from replica.databases.models import Replica
from statetrace_ui.embedded import database_url
from statetrace_ui.web.models import Organisation
from tests.conftest import NUMBER
from tests.replica.captured import Captured, fill


@pytest.fixture(scope="session")
def captured_template(server_url: str, replica_template: str) -> Iterator[str]:
    """The name of a database that holds the sessions of tests/replica/captured.py, to copy from or to read only."""
    name = f"test_{os.getpid()}_captured_{next(NUMBER)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(replica_template))
        )
    fill(database_url(server_url, name))
    yield name
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def captured_replica(organisation: Organisation, server_url: str, captured_template: str) -> Captured:
    """Acme's replica, shared by all tests that only read."""
    return _replica_of(organisation, database_url(server_url, captured_template))


@pytest.fixture
def own_replica(organisation: Organisation, new_database: Callable[..., str], replica_template: str) -> Captured:
    """Acme's replica with the same sessions, for a test that changes them."""
    url = new_database(template=replica_template)
    fill(url)
    return _replica_of(organisation, url)


def _replica_of(organisation: Organisation, url: str) -> Captured:
    Replica.objects.create(organisation=organisation, database="acme", login_role="acme", reader_url=url)
    return Captured(url, alias_for(organisation))
