"""A replica's roles may read that replica and nothing else; making it again changes nothing."""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection as dashboard
from psycopg import errors, sql

from replica.databases import addresses, credentials
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from statetrace_ui.embedded import database_url
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import remove_replicas

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_server", "store")]


@pytest.fixture
def replica(organisation: Organisation, clean_server: None, store: str) -> Replica:
    return ensure_replica(organisation)


@pytest.fixture
def login_url(replica: Replica) -> str:
    """By which the organisation's own tools connect."""
    return addresses.changed(replica.owner_url, user=replica.login_role, password=credentials.reset(replica).password)


@pytest.fixture(params=["organisation's role", "pages' role"])
def any_reader_url(request: pytest.FixtureRequest, replica: Replica, login_url: str) -> str:
    return login_url if request.param == "organisation's role" else str(replica.reader_url)


WRITES = [
    "INSERT INTO user_flow VALUES ('x', 'x', 'x', now())",
    "DELETE FROM session_metadata",
    "TRUNCATE session_labels",
    "CREATE TABLE mine (x int)",
    "CREATE TEMPORARY TABLE mine (x int)",
    "CREATE SCHEMA mine",
    "SELECT lo_from_bytea(0, 'x')",
    "DROP TABLE user_flow",
    "CREATE DATABASE mine",
    "CREATE ROLE mine",
]


def test_a_reader_cannot_write_even_when_it_asks_to(any_reader_url: str) -> None:
    with psycopg.connect(any_reader_url, autocommit=True) as reader:
        reader.execute("SET default_transaction_read_only = off")
        for statement in WRITES:
            with pytest.raises(errors.InsufficientPrivilege):
                reader.execute(statement)


def test_a_reader_reads_the_tables_of_now_and_of_later_but_no_bookkeeping(
    any_reader_url: str, replica: Replica
) -> None:
    with psycopg.connect(replica.owner_url) as owner:
        owner.execute("CREATE TABLE later AS SELECT 1 AS x")
    with psycopg.connect(any_reader_url, autocommit=True) as reader:
        assert reader.execute("SELECT count(*) FROM session_metadata").fetchone() == (0,)
        assert reader.execute("SELECT x FROM later").fetchone() == (1,)
        with pytest.raises(errors.InsufficientPrivilege):
            reader.execute("SELECT * FROM bookkeeping.session_revisions")


def test_a_role_can_connect_to_no_other_database_of_ours(any_reader_url: str, store: str, db: None) -> None:
    other = ensure_replica(Organisation.objects.create(name="Elsewhere", slug="elsewhere"))
    names = [other.database, addresses.part(store, "dbname"), str(dashboard.settings_dict["NAME"]), "postgres"]
    for name in names:
        with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
            psycopg.connect(addresses.changed(any_reader_url, dbname=name))


def test_the_sixth_connection_is_refused_and_pages_do_not_count(login_url: str, replica: Replica) -> None:
    held = [psycopg.connect(login_url) for _ in range(5)]
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        psycopg.connect(login_url)
    psycopg.connect(replica.reader_url).close()
    assert len(credentials.holders(replica)) == 5
    for connection in held:
        connection.close()


def test_making_it_again_changes_nothing(organisation: Organisation, replica: Replica) -> None:
    again = ensure_replica(organisation)
    assert (again.pk, again.reader_url, again.provisioned_at) == (
        replica.pk,
        replica.reader_url,
        replica.provisioned_at,
    )


def test_a_run_that_was_killed_half_way_is_completed(organisation: Organisation, replica: Replica) -> None:
    with psycopg.connect(replica.owner_url, autocommit=True) as owner:
        owner.execute("DROP TABLE function_call_site")
        owner.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO PUBLIC").format(sql.Identifier(replica.database)))
    Replica.objects.update(provisioned_at=None, reader_url="", owner_url="")
    again = ensure_replica(organisation)
    assert again.database == replica.database
    with psycopg.connect(again.reader_url) as reader:
        assert reader.execute("SELECT count(*) FROM function_call_site").fetchone() == (0,)


def test_a_database_that_was_dropped_is_made_anew_and_the_password_holds(
    organisation: Organisation, replica: Replica, login_url: str, server_url: str
) -> None:
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(replica.database)))
    again = ensure_replica(Organisation.objects.get(pk=organisation.pk))
    for url in (login_url, again.reader_url):
        with psycopg.connect(url) as reader:
            assert reader.execute("SELECT count(*) FROM session_metadata").fetchone() == (0,)


def test_slugs_that_meet_in_one_name_get_databases_of_their_own(db: None) -> None:
    one = ensure_replica(Organisation.objects.create(name="A", slug="a-b"))
    other = ensure_replica(Organisation.objects.create(name="B", slug="a_b"))
    assert one.database == "replica_a_b"
    assert other.database == f"replica_a_b_{other.organisation_id}"


def test_a_database_that_somebody_else_made_is_left_alone(organisation: Organisation, server_url: str) -> None:
    theirs = database_url(server_url, "replica_acme")
    assert ensure_replica(organisation).database == f"replica_acme_{organisation.pk}"
    with psycopg.connect(theirs) as connection:
        assert connection.execute("SELECT to_regclass('session_metadata')").fetchone() == (None,)


def test_stored_addresses_follow_a_server_whose_folder_moved(
    organisation: Organisation, replica: Replica, db: None
) -> None:
    Replica.objects.update(
        owner_url=addresses.changed(replica.owner_url, host="/moved"),
        reader_url=addresses.changed(replica.reader_url, host="/moved"),
    )
    again = ensure_replica(organisation)
    assert (again.owner_url, again.reader_url) == (replica.owner_url, replica.reader_url)


class TestWithoutSuperuser:
    """The server's role has CREATEDB and CREATEROLE and nothing more, as managed servers hand out."""

    @pytest.fixture(autouse=True)
    def plain_owner(self, server_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute("DROP ROLE IF EXISTS plain_owner")
            server.execute("CREATE ROLE plain_owner LOGIN CREATEDB CREATEROLE PASSWORD 'a password'")
            server.execute("GRANT CONNECT ON DATABASE postgres TO plain_owner")
        plain = addresses.changed(server_url, user="plain_owner", password="a password")
        monkeypatch.setattr(settings, "REPLICA_SERVER_URL", plain)
        yield
        remove_replicas(server_url)
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute("DROP OWNED BY plain_owner; DROP ROLE plain_owner")

    def test_a_replica_is_made_read_and_looked_after(self, organisation: Organisation) -> None:
        replica = ensure_replica(organisation)
        access = credentials.reset(replica)
        login = addresses.changed(replica.owner_url, user=access.user, password=access.password)
        with psycopg.connect(login, application_name="grafana") as reader:
            assert reader.execute("SELECT count(*) FROM session_metadata").fetchone() == (0,)
            [holder] = credentials.holders(replica)
            assert holder.application == "grafana"
            credentials.reset(replica)
            with pytest.raises(psycopg.OperationalError):
                reader.execute("SELECT 1")
        assert credentials.holders(replica) == []
        with psycopg.connect(replica.reader_url) as pages, pytest.raises(psycopg.Error):
            pages.execute("CREATE TABLE mine (x int)")
