"""The admin site starts syncs, shows how they stand, and hands out credentials once."""

import re

import psycopg
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from replica.databases import addresses
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.sync import sync
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import AddSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]
Outcome = SyncRun.Outcome
EXPORTS = reverse("admin:exports_userflowexport_changelist")


@pytest.fixture
def page_of(export: UserFlowExport) -> str:
    return reverse("admin:exports_userflowexport_change", args=[export.pk])


@pytest.fixture
def replica(export: UserFlowExport) -> Replica:
    return ensure_replica(export.organisation)


def test_the_list_shows_status_with_the_count_of_waiting_sessions(
    admin_client: Client, export: UserFlowExport, add_session: AddSession
) -> None:
    add_session("one")
    sync(export)
    assert "In Sync" in admin_client.get(EXPORTS).content.decode()
    add_session("two")
    assert "Out of Sync (1)" in admin_client.get(EXPORTS).content.decode()


def test_sync_now_starts_one_and_the_page_polls_until_it_ends(
    admin_client: Client, export: UserFlowExport, page_of: str
) -> None:
    assert "Sync now" in admin_client.get(page_of).content.decode()
    started = admin_client.post(reverse("admin:exports_userflowexport_sync", args=[export.pk]), follow=True)
    assert export.runs.get().outcome == Outcome.QUEUED
    page = started.content.decode()
    assert "every 2s" in page
    assert "No worker is running" in page
    export.runs.update(outcome=Outcome.FAILED, error="The disk is full.")
    status = admin_client.get(reverse("admin:exports_userflowexport_status", args=[export.pk])).content.decode()
    assert "The disk is full." in status
    assert "every 2s" not in status


def test_the_action_syncs_what_is_selected(admin_client: Client, export: UserFlowExport) -> None:
    admin_client.post(EXPORTS, {"action": "sync_selected", "_selected_action": [export.pk]})
    assert export.runs.get().outcome == Outcome.QUEUED


def test_runs_are_shown_and_cannot_be_changed(
    admin_client: Client, export: UserFlowExport, page_of: str, add_session: AddSession
) -> None:
    add_session("one")
    sync(export)
    SyncRun.objects.bulk_create(SyncRun(export=export, outcome=Outcome.DONE) for _ in range(30))
    page = admin_client.get(page_of).content.decode()
    assert page.count('class="field-outcome"') == 20
    assert 'name="runs-0-outcome"' not in page


def test_staff_without_the_right_cannot_sync_or_reset(client: Client, export: UserFlowExport, replica: Replica) -> None:
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    for name, pk in (("exports_userflowexport_sync", export.pk), ("databases_replica_credentials", replica.pk)):
        assert client.post(reverse(f"admin:{name}", args=[pk])).status_code == 403


def test_credentials_are_shown_once(admin_client: Client, replica: Replica) -> None:
    address = reverse("admin:databases_replica_credentials", args=[replica.pk])
    assert "Reset and show" in admin_client.get(address).content.decode()
    response = admin_client.post(address)
    [password] = re.findall(r'id="password">([^<]+)<', response.content.decode())
    assert "no-store" in response["Cache-Control"]
    psycopg.connect(addresses.changed(replica.owner_url, user=replica.login_role, password=password)).close()
    assert password not in admin_client.get(address).content.decode()


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
        assert addresses.part(url, "password") not in page


class TestReplicaOfOthers:
    ADD = reverse("admin:databases_replica_add")

    def post(self, client: Client, organisation: Organisation, url: str) -> str:
        fields = {"organisation": organisation.pk, "database": "theirs", "login_role": "theirs", "new_reader_url": url}
        return client.post(self.ADD, fields, follow=True).content.decode()

    def test_it_is_registered_by_its_readers_address(self, admin_client: Client, organisation: Organisation) -> None:
        url = "postgresql://reader:unguessable@example.com/theirs"
        assert "unguessable" not in self.post(admin_client, organisation, url)
        assert Replica.objects.get().reader_url == url

    @pytest.mark.parametrize("url", ["", "postgresql://", "nonsense"])
    def test_without_an_address_it_is_refused(self, url: str, admin_client: Client, organisation: Organisation) -> None:
        self.post(admin_client, organisation, url)
        assert not Replica.objects.exists()
