"""Exports in a real Chromium: started by keyboard on the admin site and on the pages, done by a real worker."""

from collections.abc import Callable

import psycopg
import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from replica.databases.models import Replica
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from tests.replica.conftest import run_worker

pytestmark = pytest.mark.browser


@pytest.fixture
def export(import_flow: Callable[[str], UserFlowExport]) -> UserFlowExport:
    return import_flow("0,10\n1000,12.5\n2000,11\n")


@pytest.mark.long
def test_a_sync_from_the_admin_site_ends_in_sync(
    manager_page: Page, live_server: LiveServer, manager: User, export: UserFlowExport
) -> None:
    User.objects.filter(pk=manager.pk).update(is_staff=True, is_superuser=True)
    manager_page.goto(f"{live_server.url}/admin/exports/userflowexport/")
    manager_page.get_by_role("link", name="Checkout").click()
    manager_page.get_by_role("button", name="Sync now").press("Enter")
    status = manager_page.locator("#export-status")
    expect(status).to_contain_text("Waiting for a worker")
    run_worker()
    expect(status).to_contain_text("In Sync")
    expect(status).to_contain_text("session_timeseries_data 3")


def test_a_sync_from_the_exports_page_shows_how_it_goes(
    manager_page: Page, live_server: LiveServer, export: UserFlowExport
) -> None:
    manager_page.goto(f"{live_server.url}/exports/")
    row = manager_page.get_by_role("row", name="Checkout")
    expect(row).to_contain_text("Inactive (1 session)")
    manager_page.get_by_role("button", name="Sync now Checkout").click()
    expect(row).to_contain_text("Waiting for a worker")
    expect(manager_page.get_by_role("status")).to_contain_text("No worker is running")
    run_worker()
    expect(row).to_contain_text("In Sync")
    manager_page.get_by_role("switch", name="AutoSync of Checkout").click()
    expect(manager_page.get_by_role("switch", name="AutoSync of Checkout")).to_be_checked()
    manager_page.get_by_role("link", name="Checkout").click()
    manager_page.get_by_text("rows in").click()
    expect(manager_page.locator(".rows-by-table")).to_contain_text("session_timeseries_data")


@pytest.mark.long
def test_the_password_is_shown_once(manager_page: Page, live_server: LiveServer, export: UserFlowExport) -> None:
    manager_page.goto(f"{live_server.url}/exports/connection/")
    expect(manager_page.get_by_text("No database yet")).to_be_visible()
    sync(export)
    manager_page.reload()
    manager_page.get_by_role("button", name="Reveal the password").click()
    password = manager_page.locator("#password").inner_text()
    manager_page.get_by_role("button", name="Copy password").focus()
    manager_page.keyboard.press("Enter")
    expect(manager_page.get_by_text("Copied", exact=True)).to_be_visible()
    manager_page.goto(f"{live_server.url}/exports/connection/")
    assert password not in manager_page.content()
    manager_page.get_by_role("button", name="Rotate").click()
    expect(manager_page.locator("#password")).not_to_have_text(password)
    manager_page.get_by_label("Cut off all tools that still use").check()
    manager_page.get_by_role("button", name="Revoke").click()
    expect(manager_page.get_by_role("button", name="Rotate")).to_be_visible()
    manager_page.get_by_text("Reset at once").click()
    expect(manager_page.get_by_role("button", name="Reset password")).to_be_visible()


@pytest.mark.long
def test_a_replica_is_upgraded_on_its_schema_page(
    manager_page: Page, live_server: LiveServer, export: UserFlowExport
) -> None:
    sync(export)
    with psycopg.connect(Replica.objects.get().owner_url) as owner:
        owner.execute("ALTER TABLE session_labels DROP COLUMN video_box")
    manager_page.goto(f"{live_server.url}/exports/connection/")
    manager_page.get_by_role("link", name="Schema").click()
    expect(manager_page.get_by_text("missing column")).to_be_visible()
    manager_page.get_by_role("button", name="Copy the upgrade").click()
    expect(manager_page.get_by_text("Copied", exact=True)).to_be_visible()
    manager_page.get_by_role("button", name="Upgrade now").click()
    expect(manager_page.get_by_text("All 15 tables have the columns")).to_be_visible()
    manager_page.locator("summary", has_text="session_labels").click()
    expect(manager_page.get_by_text("Boxes in the video")).to_be_visible()
