"""A replica's roles may read that replica and nothing else; making it again changes nothing."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection as dashboard
from psycopg import errors, sql

from replica.databases import addresses, credentials, holders
from replica.databases.models import Replica
from replica.databases.provisioning import ProvisioningRefused, ensure_replica
from replica.databases.roles import dashboard_role, group_role
from statetrace_ui.embedded import database_url
from statetrace_ui.web.models import Organisation
from tests.databases import remove_replicas

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_server", "store")]


@pytest.fixture
def replica(organisation: Organisation, clean_server: None, store: str) -> Replica:
    return ensure_replica(organisation)


@pytest.fixture
def login_url(replica: Replica) -> str:
    """The address by which the organisation's own tools connect."""
    password = credentials.reset(replica).password
    return addresses.with_parts(replica.owner_url, user=replica.login_role, password=password)


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
    "SELECT pg_logical_emit_message(false, 'x', 'y')",
    "SELECT pg_logical_emit_message(false, 'x', '\\x00'::bytea)",
    "SET temp_file_limit = -1",
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


def test_a_reader_reads_present_and_future_tables_but_no_bookkeeping(any_reader_url: str, replica: Replica) -> None:
    with psycopg.connect(replica.owner_url) as owner:
        owner.execute("CREATE TABLE later AS SELECT 1 AS x")
    with psycopg.connect(any_reader_url, autocommit=True) as reader:
        assert reader.execute("SELECT count(*) FROM session_metadata").fetchone() == (0,)
        assert reader.execute("SELECT x FROM later").fetchone() == (1,)
        with pytest.raises(errors.InsufficientPrivilege):
            reader.execute("SELECT * FROM bookkeeping.session_revisions")


def test_a_role_cannot_connect_to_our_other_databases(any_reader_url: str, store: str, db: None) -> None:
    other = ensure_replica(Organisation.objects.create(name="Elsewhere", slug="elsewhere"))
    names = [other.database, addresses.part_of(store, "dbname"), str(dashboard.settings_dict["NAME"]), "postgres"]
    names.append("template1")
    for name in names:
        with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
            psycopg.connect(addresses.with_parts(any_reader_url, dbname=name))


@pytest.fixture
def of_others(new_database: Callable[..., str], server_url: str) -> Iterator[str]:
    """A database whose owner is another role, and to which all roles may connect."""
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute("DROP ROLE IF EXISTS other_owner; CREATE ROLE other_owner")
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO other_owner").format(name))
        yield url
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(name))
        connection.execute("DROP OWNED BY other_owner; DROP ROLE other_owner")


def test_a_database_of_others_that_is_open_to_all_is_named_and_not_touched(
    organisation: Organisation, of_others: str
) -> None:
    before = rights(of_others)
    with pytest.raises(ProvisioningRefused) as refused:
        ensure_replica(organisation)
    statement = f'REVOKE CONNECT ON DATABASE "{addresses.part_of(of_others, "dbname")}" FROM PUBLIC'
    assert statement in str(refused.value)
    assert rights(of_others) == before
    with psycopg.connect(of_others) as connection:
        connection.execute(statement.encode())
    assert ensure_replica(organisation).provisioned_at


def test_an_open_database_may_be_accepted_by_name(
    organisation: Organisation, of_others: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "REPLICA_OPEN_DATABASES", [addresses.part_of(of_others, "dbname")])
    assert ensure_replica(organisation).provisioned_at


def test_a_database_that_we_own_is_closed_to_replicas_and_stays_open_to_others(
    organisation: Organisation, new_database: Callable[..., str], server_url: str
) -> None:
    ours = new_database()
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute("CREATE ROLE replica_of_an_application LOGIN PASSWORD 'a password'")
        replica = ensure_replica(organisation)
        name = addresses.part_of(ours, "dbname")
        with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
            psycopg.connect(addresses.with_parts(replica.reader_url, dbname=name))
        theirs = addresses.with_parts(ours, user="replica_of_an_application", password="a password")
        psycopg.connect(theirs).close()
        server.execute("DROP OWNED BY replica_of_an_application")
    with psycopg.connect(ours) as connection:
        connection.execute("DROP OWNED BY replica_of_an_application")


def test_a_database_that_a_setting_names_is_closed(
    organisation: Organisation, new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = new_database()
    monkeypatch.setattr(settings, "CLOSED_DATABASE_URLS", [named])
    replica = ensure_replica(organisation)
    with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
        psycopg.connect(addresses.with_parts(replica.reader_url, dbname=addresses.part_of(named, "dbname")))


def rights(url: str) -> tuple[str | None, ...]:
    """The access rights on the database of `url`, and on its schema public."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT datacl::text, (SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public')"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row
    return row


def test_the_sixth_connection_is_refused_and_pages_do_not_count(login_url: str, replica: Replica) -> None:
    held = [psycopg.connect(login_url) for _ in range(5)]
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        psycopg.connect(login_url)
    psycopg.connect(replica.reader_url).close()
    assert len(holders.holders(replica)) == 5
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


@pytest.mark.parametrize("slugs", [("a-b", "a_b"), ("zed", "zed-read"), ("zed-pages", "zed"), ("x" * 40, "x" * 39)])
def test_slugs_that_lead_to_the_same_name_get_roles_of_their_own(slugs: tuple[str, str]) -> None:
    replicas = [ensure_replica(Organisation.objects.create(name=slug, slug=slug)) for slug in slugs]
    names = [name for one in replicas for name in (one.login_role, group_role(one), dashboard_role(one))]
    assert len({name[:63] for name in names}) == 6
    for replica in replicas:
        assert replica.database.endswith(f"_{replica.organisation_id}")
        access = credentials.reset(replica)
        psycopg.connect(addresses.with_parts(replica.owner_url, user=access.user, password=access.password)).close()


def test_a_role_of_another_replica_is_not_altered(organisation: Organisation, server_url: str) -> None:
    """Names that were given before they held a number."""
    other = Organisation.objects.create(name="Other", slug="other")
    Replica.objects.create(organisation=other, database="replica_o", login_role="replica_o", owner_url=server_url)
    Replica.objects.create(organisation=organisation, database="replica_o_x", login_role="replica_o_read")
    with pytest.raises(ProvisioningRefused, match="replica_o_read belongs to the replica replica_o"):
        ensure_replica(organisation)


def test_a_database_or_role_that_somebody_else_made_is_left_alone(organisation: Organisation, server_url: str) -> None:
    name = f"replica_acme_{organisation.pk}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(f"{name}_read")))
        with pytest.raises(ProvisioningRefused, match=name):
            ensure_replica(organisation)
        server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(f"{name}_read")))
    theirs = database_url(server_url, name)
    with pytest.raises(ProvisioningRefused, match=name):
        ensure_replica(organisation)
    with psycopg.connect(theirs) as connection:
        assert connection.execute("SELECT to_regclass('session_metadata')").fetchone() == (None,)


def test_a_sync_closes_a_database_that_was_made_since(
    organisation: Organisation, replica: Replica, new_database: Callable[..., str]
) -> None:
    name = addresses.part_of(new_database(), "dbname")
    psycopg.connect(addresses.with_parts(replica.reader_url, dbname=name)).close()
    ensure_replica(Organisation.objects.get(pk=organisation.pk))
    with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
        psycopg.connect(addresses.with_parts(replica.reader_url, dbname=name))


def test_on_a_server_of_others_rights_of_their_databases_stay_as_they_are(
    organisation: Organisation, new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = new_database()
    monkeypatch.setattr(settings, "EMBEDDED", False)
    with pytest.raises(ProvisioningRefused, match=addresses.part_of(theirs, "dbname")):
        ensure_replica(organisation)
    with psycopg.connect(theirs) as connection:
        rights = connection.execute("SELECT datacl FROM pg_database WHERE datname = current_database()").fetchone()
    assert rights == (None,)


def test_a_replica_of_others_by_a_taken_name_stops_nobody(organisation: Organisation) -> None:
    other = Organisation.objects.create(name="Other", slug="other")
    Replica.objects.create(
        organisation=other, database="template1", login_role="x", reader_url="postgresql://a:b@example.com/template1"
    )
    assert ensure_replica(organisation).provisioned_at


def test_a_reset_restores_the_limits_that_a_role_changed(replica: Replica, login_url: str) -> None:
    with psycopg.connect(login_url, autocommit=True) as reader:
        reader.execute("SET default_transaction_read_only = off")
        reader.execute(sql.SQL("ALTER ROLE {} SET statement_timeout = 0").format(sql.Identifier(replica.login_role)))
    access = credentials.reset(replica)
    with psycopg.connect(addresses.with_parts(login_url, password=access.password)) as reader:
        assert reader.execute("SHOW statement_timeout").fetchone() == ("1min",)
        assert reader.execute("SHOW temp_file_limit").fetchone() == ("10GB",)


def test_what_a_role_runs_beyond_its_limit_is_ended(replica: Replica, login_url: str) -> None:
    with psycopg.connect(login_url) as reader, psycopg.connect(login_url, autocommit=True) as idle:
        reader.execute("SET statement_timeout = 0")
        reader.execute("SELECT 1")
        assert holders.end_long_statements(replica) == 0
        assert holders.end_long_statements(replica, seconds=0) == 1
        with pytest.raises(psycopg.OperationalError):
            reader.execute("SELECT 1")
        idle.execute("SELECT 1")


def test_stored_addresses_follow_a_server_whose_folder_moved(
    organisation: Organisation, replica: Replica, db: None
) -> None:
    Replica.objects.update(
        owner_url=addresses.with_parts(replica.owner_url, host="/moved"),
        reader_url=addresses.with_parts(replica.reader_url, host="/moved"),
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
            # As the refusal tells the server's superuser to.
            for (name,) in server.execute("SELECT datname FROM pg_database WHERE datallowconn").fetchall():
                server.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        plain = addresses.with_parts(server_url, user="plain_owner", password="a password")
        monkeypatch.setattr(settings, "REPLICA_SERVER_URL", plain)
        yield
        remove_replicas(server_url)
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute("DROP OWNED BY plain_owner; DROP ROLE plain_owner")

    def test_a_replica_is_made_read_and_looked_after(self, organisation: Organisation) -> None:
        replica = ensure_replica(organisation)
        access = credentials.reset(replica)
        login = addresses.with_parts(replica.owner_url, user=access.user, password=access.password)
        with psycopg.connect(login, application_name="grafana") as reader:
            assert reader.execute("SELECT count(*) FROM session_metadata").fetchone() == (0,)
            [holder] = holders.holders(replica)
            assert holder.application == "grafana"
            credentials.reset(replica)
            with pytest.raises(psycopg.OperationalError):
                reader.execute("SELECT 1")
        assert holders.holders(replica) == []
        with psycopg.connect(replica.reader_url) as pages, pytest.raises(psycopg.Error):
            pages.execute("CREATE TABLE mine (x int)")
