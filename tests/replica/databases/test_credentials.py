"""A password works until the next one is made, and is in nobody's hands but its maker's."""

import logging

import psycopg
import pytest

from replica.databases import addresses, credentials, holders
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from statetrace_ui.web.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_server", "store")]


@pytest.fixture
def replica(organisation: Organisation, clean_server: None, store: str) -> Replica:
    return ensure_replica(organisation)


def url(replica: Replica, access: credentials.Access) -> str:
    return addresses.with_parts(replica.owner_url, user=access.user, password=access.password, dbname=access.database)


def test_a_reset_ends_the_sessions_and_the_life_of_the_old_password(replica: Replica) -> None:
    old = credentials.reset(replica)
    session = psycopg.connect(url(replica, old))
    new = credentials.reset(replica)
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url(replica, old))
    psycopg.connect(url(replica, new)).close()
    assert replica.credentials_reset_at is not None


def test_the_command_for_psql_connects(replica: Replica) -> None:
    access = credentials.reset(replica)
    conninfo = access.psql.removeprefix('psql "').removesuffix('"')
    psycopg.connect(conninfo, password=access.password).close()
    assert access.password not in access.psql


def test_the_limit_can_be_changed(replica: Replica) -> None:
    access = credentials.reset(replica)
    replica.connection_limit = 1
    holders.limit_connections(replica)
    with (
        psycopg.connect(url(replica, access)),
        pytest.raises(psycopg.OperationalError, match="too many connections"),
    ):
        psycopg.connect(url(replica, access))


def test_the_password_is_stored_by_the_server_as_a_scram_verifier_alone(replica: Replica, server_url: str) -> None:
    access = credentials.reset(replica)
    with psycopg.connect(server_url) as server:
        [(stored,)] = server.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [access.user]).fetchall()
    assert stored.startswith("SCRAM-SHA-256$")


def test_secrets_are_in_no_log_no_repr_and_no_column(
    organisation: Organisation, server_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    from django.db import connection

    caplog.set_level(logging.DEBUG)
    replica = ensure_replica(organisation)
    access = credentials.reset(replica)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM databases_replica")
        stored = repr(cursor.fetchall())
    passwords = [addresses.part_of(url, "password") for url in (replica.reader_url, server_url)]
    for secret in [access.password, *passwords]:
        assert secret not in repr(access) + repr(replica) + str(replica) + stored + caplog.text
