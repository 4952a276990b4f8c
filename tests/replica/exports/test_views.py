"""The exports pages: what members see, what managers may do, and what stays hidden."""

import re

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from replica.databases import addresses
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.sync import sync
from tests.replica.conftest import AddSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]
Outcome = SyncRun.Outcome
LIST, CONNECTION, RESET = reverse("exports:list"), reverse("databases:connection"), reverse("databases:reset")


@pytest.fixture
def manager_client(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def address(name: str, export: UserFlowExport) -> str:
    return reverse(f"exports:{name}", args=[export.pk])


class TestList:
    def test_it_teaches_how_to_begin(self, reader_client: Client) -> None:
        assert "import_sessions" in reader_client.get(LIST).content.decode()

    def test_it_shows_status_with_the_count_of_waiting_sessions(
        self, reader_client: Client, export: UserFlowExport, add_session: AddSession
    ) -> None:
        add_session("one")
        sync(export)
        add_session("two")
        add_session("three")
        page = reader_client.get(LIST).content.decode()
        assert "Out of Sync (2 sessions)" in page
        assert "every 2s" not in page

    def test_it_polls_only_while_a_sync_is_under_way_and_says_when_no_worker_runs(
        self, reader_client: Client, export: UserFlowExport
    ) -> None:
        export.runs.create(outcome=Outcome.RUNNING, sessions_total=8, sessions_done=3, rows_by_table={"a": 5, "b": 7})
        page = reader_client.get(LIST, headers={"HX-Request": "true"}).content.decode()
        assert "every 2s" in page
        assert "3 of 8 sessions, 12 rows committed" in page
        assert "No worker is running" in page
        assert "<html" not in page

    def test_a_stranger_sees_none_of_it(self, stranger_client: Client, export: UserFlowExport) -> None:
        assert address("export", export) not in stranger_client.get(LIST).content.decode()

    def test_it_is_shown_while_the_store_is_down(
        self, reader_client: Client, export: UserFlowExport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "STORE_URL", "postgresql://nobody@127.0.0.1:1/none")
        page = reader_client.get(LIST).content.decode()
        assert "does not answer" in page
        assert export.name in page

    def test_names_are_escaped(self, reader_client: Client, export: UserFlowExport) -> None:
        export.name = "<script>alert(1)</script>"
        export.save()
        assert "<script>alert" not in reader_client.get(LIST).content.decode()


class TestRuns:
    def test_they_say_what_was_committed_and_what_went_wrong(
        self, reader_client: Client, export: UserFlowExport, add_session: AddSession
    ) -> None:
        add_session("one", calls=1234)
        sync(export)
        export.runs.create(outcome=Outcome.FAILED, error="The disk is full.")
        page = reader_client.get(address("export", export)).content.decode()
        assert "1,234" in page
        assert "function_call_site" in page
        assert "The disk is full." in page

    def test_older_ones_come_by_pages(self, reader_client: Client, export: UserFlowExport) -> None:
        SyncRun.objects.bulk_create(SyncRun(export=export, outcome=Outcome.DONE) for _ in range(25))
        first = reader_client.get(address("export", export)).content.decode()
        [older] = set(re.findall(r'href="(\?cursor=[^"]+)"', first))
        rest = reader_client.get(address("export", export) + older, headers={"HX-Request": "true"}).content.decode()
        assert (first.count("Done"), rest.count("Done")) == (20, 5)

    def test_a_stranger_gets_404(self, stranger_client: Client, export: UserFlowExport) -> None:
        assert stranger_client.get(address("export", export)).status_code == 404

    def test_an_address_that_was_cut_is_400(self, reader_client: Client, export: UserFlowExport) -> None:
        assert reader_client.get(address("export", export), {"cursor": "x"}).status_code == 400


@pytest.mark.parametrize("action", ["sync", "autosync"])
class TestChanging:
    def test_readers_are_refused_and_told_so_beforehand(
        self, action: str, reader_client: Client, export: UserFlowExport
    ) -> None:
        assert reader_client.post(address(action, export)).status_code == 403
        assert "Only managers" in reader_client.get(LIST).content.decode()
        assert not export.runs.exists()

    def test_a_stranger_gets_404(self, action: str, stranger: User, export: UserFlowExport) -> None:
        stranger.memberships.update(role="manager")
        client = Client()
        client.force_login(stranger)
        assert client.post(address(action, export)).status_code == 404

    def test_it_takes_a_post(self, action: str, manager_client: Client, export: UserFlowExport) -> None:
        assert manager_client.get(address(action, export)).status_code == 405


def test_sync_now_queues_one_run_for_two_clicks(manager_client: Client, export: UserFlowExport) -> None:
    for _ in range(2):
        response = manager_client.post(address("sync", export), {"detail": "1"})
        assert response["Location"] == address("export", export)
    assert export.runs.get().outcome == Outcome.QUEUED


def test_autosync_is_switched_and_starts_with_what_waits(
    manager_client: Client, export: UserFlowExport, add_session: AddSession
) -> None:
    add_session("one")
    assert manager_client.post(address("autosync", export), {"autosync": "on"})["Location"] == LIST
    export.refresh_from_db()
    assert export.autosync
    assert export.runs.get().outcome == Outcome.QUEUED
    manager_client.post(address("autosync", export))
    export.refresh_from_db()
    assert not export.autosync


@pytest.mark.usefixtures("clean_server")
class TestConnection:
    def test_before_the_first_sync_it_says_what_makes_the_database(self, reader_client: Client) -> None:
        assert "No database yet" in reader_client.get(CONNECTION).content.decode()

    def test_it_gives_the_address_but_no_secret(self, reader_client: Client, export: UserFlowExport) -> None:
        replica = ensure_replica(export.organisation)
        page = reader_client.get(CONNECTION).content.decode()
        assert replica.database in page
        assert "psql" in page
        for url in (replica.owner_url, replica.reader_url):
            assert addresses.part(url, "password") not in page

    def test_a_manager_is_shown_a_new_password_once(self, manager_client: Client, export: UserFlowExport) -> None:
        replica = ensure_replica(export.organisation)
        response = manager_client.post(RESET)
        [password] = re.findall(r'id="password">([^<]+)<', response.content.decode())
        assert "no-store" in response["Cache-Control"]
        psycopg.connect(addresses.changed(replica.owner_url, user=replica.login_role, password=password)).close()
        assert password not in manager_client.get(CONNECTION).content.decode()

    def test_a_reader_cannot_reset_it(self, reader_client: Client, export: UserFlowExport) -> None:
        ensure_replica(export.organisation)
        assert reader_client.post(RESET).status_code == 403

    def test_it_names_who_is_connected(self, manager_client: Client, export: UserFlowExport) -> None:
        replica = ensure_replica(export.organisation)
        page = manager_client.post(RESET).content.decode()
        [password] = re.findall(r'id="password">([^<]+)<', page)
        url = addresses.changed(replica.owner_url, user=replica.login_role, password=password)
        with psycopg.connect(url, application_name="Grafana <3"):
            page = manager_client.get(CONNECTION).content.decode()
        assert "Grafana &lt;3" in page
        assert "1 of 5 connections are taken" in page

    def test_a_server_that_is_down_is_said_to_be(self, manager_client: Client, export: UserFlowExport) -> None:
        ensure_replica(export.organisation)
        Replica.objects.update(owner_url="postgresql://nobody:unguessable@127.0.0.1:1/none")
        page = manager_client.get(CONNECTION).content.decode()
        assert "does not answer" in page
        assert "unguessable" not in page
        assert manager_client.post(RESET).status_code == 503

    def test_a_replica_of_others_has_no_credentials_here(
        self, manager_client: Client, export: UserFlowExport, server_url: str
    ) -> None:
        Replica.objects.create(
            organisation=export.organisation, database="theirs", login_role="theirs", reader_url=server_url
        )
        assert "Filled by somebody else" in manager_client.get(CONNECTION).content.decode()
        assert manager_client.post(RESET).status_code == 404
