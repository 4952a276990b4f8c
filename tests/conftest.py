"""What all tests share: real databases made for one test each, and standing people."""

import gc
import os
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client, SimpleTestCase, TransactionTestCase
from psycopg_pool import ConnectionPool
from pytest_django.plugin import DjangoDbBlocker

from replica.databases.connections import alias_for
from replica.databases.models import Replica
from replica.editing import store_reading
from replica.schema.definition import create_tables
from statetrace_ui.embedded import database_url
from statetrace_ui.web.models import Membership, Organisation
from tests.databases import copied_database, copy_database, drop, drop_database, remove_replicas
from tests.emptying import empty_database, empty_store
from tests.replica.captured import Captured, fill
from tests.waiting import wait_until

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the thread of the tests
NUMBER = count(1)
# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile(
    "suite", deadline=None, max_examples=12, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")
# Aliases of replicas come and go within a test; Django's guard would refuse every alias that was not declared before.
SimpleTestCase.ensure_connection_patch_method = lambda: BaseDatabaseWrapper.ensure_connection  # type: ignore
TransactionTestCase._fixture_teardown = empty_database  # type: ignore[attr-defined]


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: a third of the time, tests wait for databases, browsers and programs."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in a browser come last: once one has begun, an event loop runs in the thread of all that follow."""
    items.sort(key=lambda item: (_is_marked(item, "browser"), not _is_marked(item, "early")))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: to look for garbage among them again and again takes a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _is_marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Only the dashboard's own database is made by migrations; the others come from `sql/schema.sql`."""
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default": None})
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def server_url() -> str:
    """A superuser's URL of the embedded server's `postgres` database."""
    return settings.REPLICA_SERVER_URL


@pytest.fixture
def new_database(server_url: str) -> Iterator[Callable[..., str]]:
    """`new_database()` → URL of a fresh, empty database; `new_database(template="x")` copies another."""
    made: list[str] = []

    def make(template: str = "template1") -> str:
        made.append(f"test_{os.getpid()}_{next(NUMBER)}")
        return copy_database(server_url, template, made[-1])

    yield make
    _forget_replicas()
    with psycopg.connect(server_url, autocommit=True) as connection:
        for name in made:
            drop_slots(connection, name)
            drop(connection, name)


@pytest.fixture
def registered_replicas() -> Iterator[None]:
    """The aliases that a test registers are gone after it, and with them the connections of their pools."""
    yield
    _forget_replicas()


def _forget_replicas() -> None:
    """Close and drop the aliases that `replica.databases.connections.register` added."""
    for alias in set(connections.settings) - {"default"}:
        connections[alias].close()
        connections[alias].close_pool()  # type: ignore[attr-defined]
        del connections[alias]
        del connections.settings[alias]


def drop_slots(connection: psycopg.Connection[Any], database: str) -> None:
    """Drop the replication slots of a database; their walsenders need a moment to let go of them."""
    slots = "FROM pg_replication_slots WHERE database = %s"
    connection.execute(f"SELECT pg_terminate_backend(active_pid) {slots} AND active", [database])
    wait_until(lambda: connection.execute(f"SELECT 1 {slots} AND active", [database]).fetchone() is None)
    connection.execute(f"SELECT pg_drop_replication_slot(slot_name) {slots}", [database])


@pytest.fixture(scope="session")
def replica_template(server_url: str) -> Iterator[str]:
    """The name of a database with the replica's tables, to copy from."""
    name = f"test_{os.getpid()}_replica_template"
    with psycopg.connect(database_url(server_url, name), autocommit=True) as connection:
        create_tables(connection)
    yield name
    drop_database(server_url, name)


@pytest.fixture(scope="session")
def shared_store(server_url: str, replica_template: str) -> Iterator[str]:
    """The URL of one store for all tests: emptying it takes a tenth of the time of making another."""
    with copied_database(server_url, replica_template, f"test_{os.getpid()}_store") as url:
        yield url


@pytest.fixture
def store(shared_store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty store; `settings.STORE_URL` names it."""
    monkeypatch.setattr(settings, "STORE_URL", shared_store)
    pools: dict[str, ConnectionPool[Any]] = {}  # of this test alone: connections that it loses are no other test's
    monkeypatch.setattr(store_reading, "_pools", pools)
    yield shared_store
    for pool in pools.values():
        pool.close()
    _forget_replicas()
    with psycopg.connect(shared_store, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        empty_store(connection)
        create_tables(connection)  # a test may have dropped some


@pytest.fixture
def clean_server(server_url: str) -> Iterator[None]:
    """Databases and roles of replicas do not roll back with a test: remove them after it."""
    yield
    remove_replicas(server_url)


@pytest.fixture
def organisation(db: None) -> Organisation:
    return Organisation.objects.create(name="Acme", slug="acme")


def make_user(name: str, organisation: Organisation | None, role: str = Membership.Role.READER) -> User:
    user = User.objects.create_user(name, f"{name}@example.com", "a password of tests")
    if organisation:
        Membership.objects.create(user=user, organisation=organisation, role=role)
    return user


@pytest.fixture
def reader(organisation: Organisation) -> User:
    """May look at everything of Acme."""
    return make_user("reader", organisation)


@pytest.fixture
def analyst(organisation: Organisation) -> User:
    """May also take copies of what Acme has."""
    return make_user("analyst", organisation, Membership.Role.ANALYST)


@pytest.fixture
def manager(organisation: Organisation) -> User:
    """May change things of Acme."""
    return make_user("manager", organisation, Membership.Role.MANAGER)


@pytest.fixture
def stranger(db: None) -> User:
    """Belongs to another organisation: whatever is Acme's must be 404 to them."""
    return make_user("stranger", Organisation.objects.create(name="Elsewhere", slug="elsewhere"))


@pytest.fixture
def reader_client(reader: User) -> Client:
    client = Client()
    client.force_login(reader)
    return client


@pytest.fixture
def analyst_client(analyst: User) -> Client:
    client = Client()
    client.force_login(analyst)
    return client


@pytest.fixture
def manager_client(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


@pytest.fixture
def stranger_client(stranger: User) -> Client:
    client = Client()
    client.force_login(stranger)
    return client


@pytest.fixture(scope="session")
def captured_template(server_url: str, replica_template: str) -> Iterator[str]:
    """The name of a database that holds the sessions of tests/replica/captured.py, to copy from."""
    name = f"test_{os.getpid()}_captured_template"
    with copied_database(server_url, replica_template, name) as url:
        fill(url)
        yield name


@pytest.fixture(scope="session")
def shared_captured(server_url: str, captured_template: str) -> Iterator[str]:
    """The URL of a database that holds the same, to be read only."""
    with copied_database(server_url, captured_template, f"test_{os.getpid()}_captured") as url:
        yield url


@pytest.fixture
def captured_replica(organisation: Organisation, shared_captured: str, registered_replicas: None) -> Captured:
    """Acme's replica, shared by all tests that only read."""
    return _replica_of(organisation, shared_captured)


@pytest.fixture
def own_replica(organisation: Organisation, new_database: Callable[..., str], captured_template: str) -> Captured:
    """Acme's replica with the same sessions, for a test that changes them."""
    return _replica_of(organisation, new_database(template=captured_template))


def _replica_of(organisation: Organisation, url: str) -> Captured:
    Replica.objects.create(organisation=organisation, database="acme", login_role="acme", owner_url=url, reader_url=url)
    return Captured(url, alias_for(organisation))
