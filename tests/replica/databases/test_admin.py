"""The admin site hands out a replica's credentials once, changes its limit, and shows no secret."""

import re
from collections.abc import Callable

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection as dashboard
from django.test import Client
from django.urls import reverse

from replica.databases import addresses
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from statetrace_ui.addresses import is_protected, parse
from statetrace_ui.embedded import database_url
from statetrace_ui.web.models import Organisation
from tests.relay import relay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store", "clean_server")]


@pytest.fixture
def replica(organisation: Organisation, clean_server: None, store: str) -> Replica:
    return ensure_replica(organisation)


def test_staff_without_the_right_cannot_reset(client: Client, replica: Replica) -> None:
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.post(reverse("admin:databases_replica_credentials", args=[replica.pk])).status_code == 403
    assert Replica.objects.get().credentials_reset_at is None


def test_credentials_are_shown_once(admin_client: Client, replica: Replica) -> None:
    address = reverse("admin:databases_replica_credentials", args=[replica.pk])
    assert "Reset and show" in admin_client.get(address).content.decode()
    response = admin_client.post(address, {"confirmed": "on"})
    [password] = re.findall(r'id="password">([^<]+)<', response.content.decode())
    assert "no-store" in response["Cache-Control"]
    psycopg.connect(addresses.with_parts(replica.owner_url, user=replica.login_role, password=password)).close()
    assert password not in admin_client.get(address).content.decode()


def test_a_reset_that_fails_says_that_the_old_password_still_holds(admin_client: Client, replica: Replica) -> None:
    Replica.objects.update(owner_url="postgresql://nobody:unguessable@127.0.0.1:1/none")
    address = reverse("admin:databases_replica_credentials", args=[replica.pk])
    page = admin_client.post(address, {"confirmed": "on"}).content.decode()
    assert "the old password still holds" in page
    assert "unguessable" not in page
    assert Replica.objects.get().credentials_reset_at is None


def test_a_rotation_leaves_the_present_role_its_time_and_is_confirmed(admin_client: Client, replica: Replica) -> None:
    chosen = {"action": "rotate_selected", "_selected_action": [replica.pk]}
    page = admin_client.post(reverse("admin:databases_replica_changelist"), chosen, follow=True)
    assert f"Whoever still uses {replica.login_role} after that time" in " ".join(page.content.decode().split())
    address = reverse("admin:databases_replica_credentials", args=[replica.pk])
    for refused in ({"hours": "24"}, {"hours": "9999", "confirmed": "on"}, {}):
        assert "was not changed" in admin_client.post(address, refused).content.decode()
    page = admin_client.post(address, {"hours": "24", "confirmed": "on"})
    [password] = re.findall(r'id="password">([^<]+)<', page.content.decode())
    former = replica.login_role
    replica.refresh_from_db()
    assert (replica.former_role, replica.login_role != former) == (former, True)
    psycopg.connect(addresses.with_parts(replica.owner_url, user=replica.login_role, password=password)).close()
    assert "still works, until" in admin_client.get(address).content.decode()


def test_a_replicas_page_changes_the_limit_and_shows_no_secret(
    admin_client: Client, replica: Replica, server_url: str
) -> None:
    address = reverse("admin:databases_replica_change", args=[replica.pk])
    response = admin_client.post(address, {"connection_limit": "7", "new_reader_url": ""})
    assert response.status_code == 302
    with psycopg.connect(server_url) as server:
        query = "SELECT rolconnlimit FROM pg_roles WHERE rolname = %s"
        assert server.execute(query, [replica.login_role]).fetchone() == (7,)
    page = admin_client.get(address).content.decode()
    for url in (replica.owner_url, replica.reader_url):
        assert addresses.part_of(url, "password") not in page


class TestReplicaOfOthers:
    ADD = reverse("admin:databases_replica_add")

    def post(self, client: Client, organisation: Organisation, url: str) -> str:
        fields = {"organisation": organisation.pk, "database": "theirs", "login_role": "theirs", "new_reader_url": url}
        return client.post(self.ADD, fields, follow=True).content.decode()

    def test_it_is_registered_by_its_readers_address(self, admin_client: Client, organisation: Organisation) -> None:
        url = "postgresql://reader:unguessable@example.com/theirs"
        assert "unguessable" not in self.post(admin_client, organisation, url)
        assert parse(Replica.objects.get().reader_url) == parse(url)
        assert is_protected(Replica.objects.get().reader_url)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "postgresql://",
            "nonsense",
            "postgresql://u:p@h/d?hostaddr=127.0.0.1",
            "postgresql://postgres@/d?host=/run",
        ],
    )
    def test_without_an_address_it_is_refused(self, url: str, admin_client: Client, organisation: Organisation) -> None:
        self.post(admin_client, organisation, url)
        assert not Replica.objects.exists()

    def test_the_database_of_another_organisations_replica_is_refused(
        self, admin_client: Client, organisation: Organisation
    ) -> None:
        other = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
        Replica.objects.create(
            organisation=other, database="x", login_role="x", reader_url="postgresql://a:b@Example.com/theirs"
        )
        assert "another organisation" in self.post(
            admin_client, organisation, "host=example.com dbname=theirs user=c password=d"
        )
        assert Replica.objects.count() == 1

    @pytest.mark.parametrize("name", ["store", "dashboard", "postgres", "replica of another"])
    def test_a_way_round_to_a_database_of_ours_is_refused(
        self, name: str, admin_client: Client, organisation: Organisation, store: str, server_url: str
    ) -> None:
        other = ensure_replica(Organisation.objects.create(name="Elsewhere", slug="elsewhere"))
        ways = {
            "store": store,
            "dashboard": database_url(server_url, str(dashboard.settings_dict["NAME"])),
            "postgres": server_url,
            "replica of another": other.reader_url,
        }
        with relay(ways[name]) as way:
            assert "the dashboard itself" in self.post(admin_client, organisation, way.url)
        assert Replica.objects.get() == other

    def test_a_database_of_others_is_taken(
        self, admin_client: Client, organisation: Organisation, new_database: Callable[..., str]
    ) -> None:
        with relay(new_database()) as way:
            self.post(admin_client, organisation, way.url)
        assert Replica.objects.get().organisation == organisation


def test_a_reader_address_that_is_not_shown_is_not_taken(admin_client: Client, replica: Replica) -> None:
    address = reverse("admin:databases_replica_change", args=[replica.pk])
    fields = {"connection_limit": "5", "new_reader_url": "postgresql://x:y@127.0.0.1:15001/z"}
    assert admin_client.post(address, fields).status_code == 302
    assert Replica.objects.get().reader_url == replica.reader_url


@pytest.mark.parametrize("limit", ["0", "21", "999999999"])
def test_a_limit_that_would_take_the_server_is_refused(limit: str, admin_client: Client, replica: Replica) -> None:
    address = reverse("admin:databases_replica_change", args=[replica.pk])
    assert "Allow 1 to 20" in admin_client.post(address, {"connection_limit": limit}).content.decode()
    assert Replica.objects.get().connection_limit == 5
