"""The admin site starts syncs and shows how they stand."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from replica.exports.models import SyncRun, Target, UserFlowExport
from replica.exports.outcomes import RunOutcome as Outcome
from replica.exports.sync import sync
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import FLOW, AddSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]
EXPORTS = reverse("admin:exports_userflowexport_changelist")


@pytest.fixture
def page_of(export: UserFlowExport) -> str:
    return reverse("admin:exports_userflowexport_change", args=[export.pk])


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
    assert 'data-poll="2"' in page
    assert "No worker is running" in page
    export.runs.update(outcome=Outcome.FAILED, error="The disk is full.")
    status = admin_client.get(reverse("admin:exports_userflowexport_status", args=[export.pk])).content.decode()
    assert "The disk is full." in status
    assert 'data-poll="2"' not in status


def test_the_action_syncs_what_is_selected(admin_client: Client, export: UserFlowExport) -> None:
    admin_client.post(EXPORTS, {"action": "sync_selected", "_selected_action": [export.pk]})
    assert export.runs.get().outcome == Outcome.QUEUED


def test_actions_pause_cancel_and_verify_by_the_services_of_the_pages(
    admin_client: Client, export: UserFlowExport
) -> None:
    def act(name: str) -> None:
        admin_client.post(EXPORTS, {"action": name, "_selected_action": [export.pk]})
        export.refresh_from_db()

    act("pause_selected")
    assert export.paused_at
    act("resume_selected")
    assert not export.paused_at
    act("sync_selected")
    act("cancel_selected")
    assert export.runs.get().outcome == Outcome.CANCELLED
    act("verify_selected")
    assert export.verifications.get().outcome == Outcome.QUEUED


def test_copies_in_targets_are_listed_and_those_of_others_are_not(
    client: Client, export: UserFlowExport, manager: User
) -> None:
    stranger = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    for organisation, flow in ((export.organisation, FLOW), (stranger, "their flow")):
        target = Target.objects.create(organisation=organisation, name=f"of {organisation}", added_by="ann")
        UserFlowExport.every.create(organisation=organisation, user_flow_id=flow, name=flow, target=target)
    manager.is_staff = True
    manager.save()
    manager.user_permissions.set(Permission.objects.filter(content_type__app_label="exports"))
    client.force_login(manager)
    page = client.get(EXPORTS).content.decode()
    assert "of Acme" in page
    assert "Elsewhere" not in page


def test_runs_are_shown_and_cannot_be_changed(
    admin_client: Client, export: UserFlowExport, page_of: str, add_session: AddSession
) -> None:
    add_session("one")
    sync(export)
    SyncRun.objects.bulk_create(SyncRun(export=export, outcome=Outcome.DONE) for _ in range(30))
    page = admin_client.get(page_of).content.decode()
    assert page.count('class="field-outcome"') == 20
    assert 'name="runs-0-outcome"' not in page


def test_staff_without_the_right_cannot_sync(client: Client, export: UserFlowExport) -> None:
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.post(reverse("admin:exports_userflowexport_sync", args=[export.pk])).status_code == 403
    assert not export.runs.exists()


def test_the_list_is_filtered_by_the_status_that_is_shown(
    admin_client: Client, export: UserFlowExport, add_session: AddSession
) -> None:
    add_session("one")
    sync(export)
    UserFlowExport.objects.update(status=UserFlowExport.Status.SYNCING)  # as a killed worker may leave it
    shown = f"/{export.pk}/change/"
    assert shown in admin_client.get(EXPORTS, {"status": "In Sync"}).content.decode()
    assert shown not in admin_client.get(EXPORTS, {"status": "Syncing"}).content.decode()


def test_the_jobs_of_all_organisations_are_on_no_page(admin_client: Client) -> None:
    assert admin_client.get("/admin/procrastinate/procrastinatejob/").status_code == 404
    assert "procrastinate" not in admin_client.get(reverse("admin:index")).content.decode().lower()
