"""The exports pages: what they show, what managers may do, which secrets stay hidden; tests/access says who gets in."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from replica.exports import state
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.outcomes import RunOutcome as Outcome
from replica.exports.sync import sync
from tests.replica.conftest import AddSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]
LIST = reverse("exports:list")


def address(name: str, export: UserFlowExport) -> str:
    return reverse(f"exports:{name}", args=[export.pk])


class TestList:
    def test_it_teaches_how_to_begin(self, manager_client: Client) -> None:
        assert "import_sessions" in manager_client.get(LIST).content.decode()

    def test_it_shows_status_with_the_count_of_waiting_sessions(
        self, reader_client: Client, export: UserFlowExport, add_session: AddSession
    ) -> None:
        add_session("one")
        sync(export)
        add_session("two")
        add_session("three")
        page = reader_client.get(LIST).content.decode()
        assert "Out of Sync (2 sessions)" in page
        assert 'data-poll="2"' not in page

    def test_it_polls_only_while_a_sync_is_under_way_and_says_when_no_worker_runs(
        self, reader_client: Client, export: UserFlowExport
    ) -> None:
        export.runs.create(outcome=Outcome.RUNNING, sessions_total=8, sessions_done=3, rows_by_table={"a": 5, "b": 7})
        page = reader_client.get(LIST, headers={"HX-Request": "true"}).content.decode()
        assert 'data-poll="2"' in page
        assert "3 of 8 sessions, 12 rows committed" in page
        assert "No worker is running" in page
        assert "<html" not in page

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

    def test_an_address_that_was_cut_short_is_refused(self, reader_client: Client, export: UserFlowExport) -> None:
        assert reader_client.get(address("export", export), {"cursor": "x"}).status_code == 400


@pytest.mark.parametrize("action", ["sync", "autosync"])
class TestChanging:
    def test_readers_are_refused_and_the_page_says_so_beforehand(
        self, action: str, reader_client: Client, export: UserFlowExport
    ) -> None:
        assert reader_client.post(address(action, export)).status_code == 403
        assert "Only managers" in reader_client.get(LIST).content.decode()
        assert not export.runs.exists()


def test_sync_now_queues_one_run_for_two_clicks(manager_client: Client, export: UserFlowExport) -> None:
    for _ in range(2):
        response = manager_client.post(address("sync", export), {"detail": "1"})
        assert response["Location"] == address("export", export)
    assert export.runs.get().outcome == Outcome.QUEUED


@pytest.mark.parametrize(("action", "field"), [("sync", "detail"), ("autosync", "detail"), ("autosync", "autosync")])
def test_fields_that_are_not_understood_change_nothing(
    action: str, field: str, manager_client: Client, export: UserFlowExport
) -> None:
    answer = manager_client.post(address(action, export), {field: "banana"})
    assert answer.status_code == 400
    assert field in answer.content.decode()
    export.refresh_from_db()
    assert not export.autosync
    assert not export.runs.exists()


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


def test_all_can_be_copied_again_by_a_manager(
    manager_client: Client, reader_client: Client, export: UserFlowExport, add_session: AddSession
) -> None:
    add_session("one")
    sync(export)
    assert "Copy all again" in manager_client.get(address("export", export)).content.decode()
    assert "Copy all again" not in reader_client.get(address("export", export)).content.decode()
    manager_client.post(address("sync", export), {"detail": "1", "again": "on"})
    assert export.runs.filter(outcome=Outcome.QUEUED).count() == 1
    assert state.pending(export) == 1


def test_a_first_sync_leads_to_the_password(
    manager_client: Client, export: UserFlowExport, add_session: AddSession
) -> None:
    add_session("one")
    sync(export)
    assert "Reveal its password" in manager_client.get(address("export", export)).content.decode()
    manager_client.post(reverse("databases:reveal"))
    assert "Reveal its password" not in manager_client.get(address("export", export)).content.decode()
