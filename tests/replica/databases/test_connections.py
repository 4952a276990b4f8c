"""Pages read a replica through a pool of its own, which survives what happens to servers and credentials."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import OperationalError, connections
from django.test import Client
from django.urls import reverse

from replica.databases import addresses
from replica.databases.connections import OPTIONS, alias_for, register
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica, follow_servers
from replica.databases.roles import dashboard_role
from replica.databases.server import set_password
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from replica.schema.models import FunctionCallSite
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import AddSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]


@pytest.fixture
def replica(export: UserFlowExport, add_session: AddSession) -> Replica:
    add_session("one", calls=3)
    sync(export)
    return Replica.objects.get()


def count(alias: str) -> int:
    return FunctionCallSite.objects.using(alias).count()


def test_models_read_it(replica: Replica, organisation: Organisation) -> None:
    assert count(alias_for(organisation)) == 3
    assert alias_for(organisation) == alias_for(organisation)


def test_many_threads_share_a_pool_of_four(replica: Replica, organisation: Organisation) -> None:
    alias = alias_for(organisation)

    def read(_: int) -> int:
        try:
            return count(alias)
        finally:
            connections[alias].close()

    with ThreadPoolExecutor(12) as threads:
        assert set(threads.map(read, range(60))) == {3}
    with psycopg.connect(replica.owner_url) as server:
        query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
        [(held,)] = server.execute(query, [dashboard_role(replica)]).fetchall()
    assert 1 <= held <= 4


def test_new_credentials_are_used_at_once(replica: Replica, organisation: Organisation) -> None:
    old = alias_for(organisation)
    with psycopg.connect(replica.owner_url, autocommit=True) as server:
        set_password(server, dashboard_role(replica), "another password")
    replica.reader_url = addresses.with_parts(replica.reader_url, password="another password")
    replica.save()
    new = alias_for(Organisation.objects.get(pk=organisation.pk))
    assert new != old
    assert count(new) == 3


def test_a_server_that_was_restarted_is_noticed(replica: Replica, organisation: Organisation) -> None:
    alias = alias_for(organisation)
    connections[alias].close()  # back into the pool, as at the end of a request
    with psycopg.connect(replica.owner_url) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [dashboard_role(replica)]
        )
    assert count(alias_for(organisation)) == 3


@pytest.mark.long
def test_pages_use_the_stored_address_until_a_start_of_the_site_corrects_it(
    replica: Replica, reader_client: Client
) -> None:
    moved = {
        "owner_url": addresses.with_parts(replica.owner_url, host="/moved"),
        "reader_url": addresses.with_parts(replica.reader_url, host="/moved"),
    }
    Replica.objects.update(**moved)
    page = reader_client.get(reverse("replica:flows"))
    assert page.status_code == 503
    assert "look at the replica&#x27;s server" in page.content.decode()
    assert Replica.objects.values(*moved).get() == moved
    follow_servers()
    assert Replica.objects.values(*moved).get() == {name: getattr(replica, name) for name in moved}
    assert reader_client.get(reverse("replica:flows")).status_code == 200


def test_a_replica_that_is_down_is_a_clear_503(organisation: Organisation) -> None:
    Replica.objects.create(
        organisation=organisation,
        database="down",
        login_role="down",
        reader_url="postgresql://nobody:unguessable@127.0.0.1:1/none",
    )
    with pytest.raises(UserError, match="does not answer") as raised:
        alias_for(organisation)
    assert raised.value.status == 503


def test_without_a_replica_it_says_what_makes_one(organisation: Organisation) -> None:
    with pytest.raises(UserError, match="no replica database yet") as raised:
        alias_for(organisation)
    assert raised.value.status == 404


def test_long_statements_are_ended(store: str) -> None:
    alias = register("replica_test", store)
    with connections[alias].cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("30s",)
        cursor.execute("SET statement_timeout = 10")
        with pytest.raises(OperationalError):
            cursor.execute("SELECT pg_sleep(5)")


def test_a_page_whose_statement_takes_too_long_says_so(
    replica: Replica, reader_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPTIONS, "options", "-c statement_timeout=200ms")
    with psycopg.connect(replica.owner_url) as blocker:
        blocker.execute("LOCK TABLE session_metadata, user_flow")
        response = reader_client.get(reverse("replica:flows"))
    assert response.status_code == 503
    assert "took too long" in response.content.decode()


def test_replicas_of_organisations_are_apart(replica: Replica, organisation: Organisation) -> None:
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    ensure_replica(elsewhere)
    assert (count(alias_for(organisation)), count(alias_for(elsewhere))) == (3, 0)
