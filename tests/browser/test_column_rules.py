"""Column rules in a real Chromium: a manager changes one, and masks what is stored."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import clear_queue, run_worker
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction

pytestmark = pytest.mark.browser
COLUMNS = [
    {"name": "id", "type": "integer", "key": True},
    {"name": "password", "type": "text", "key": False},
    {"name": "iban", "type": "text", "key": False},
]


@pytest.fixture
def source(live_server: LiveServer, organisation: Organisation) -> Source:
    """With one stored row in clear."""
    clear_queue()
    source = make_source(organisation)
    row = {"id": "7", "password": "clear-password", "iban": "clear-iban"}
    make_change(make_transaction(source), make_relation(source, "customer", columns=COLUMNS), "I", new=row)
    return source


@pytest.mark.long
def test_a_manager_masks_a_column_and_what_is_stored_of_it(
    manager_page: Page, live_server: LiveServer, source: Source
) -> None:
    manager_page.goto(f"{live_server.url}/sources/{source.pk}/")
    manager_page.get_by_role("link", name="Column rules").click()
    manager_page.get_by_role("link", name="public.customer").click()
    expect(manager_page.get_by_role("row", name="password")).to_contain_text("masked default by name")
    row = manager_page.get_by_role("row", name="iban")
    row.get_by_label("Rule of iban").select_option("Mask")
    row.get_by_role("button", name="Save").press("Enter")
    expect(row).to_contain_text("masked own rule public.customer.iban")
    manager_page.get_by_role("link", name="Column rules").click()
    manager_page.get_by_role("button", name="Mask stored values").click()
    run_worker()
    expect(manager_page.locator("#masking .status")).to_have_text("Done")
    expect(manager_page.locator("#masking")).to_contain_text("1 of 1 rows masked")
    manager_page.goto(f"{live_server.url}/records/{source.pk}/?table=public.customer&key=%5B%227%22%5D")
    expect(manager_page.locator(".record .masked")).to_have_count(2)
    assert "clear-" not in manager_page.content()


@pytest.mark.long
def test_a_viewer_sees_rules_and_changes_none(
    signed_in_page: Page, live_server: LiveServer, source: Source, reader: User
) -> None:
    signed_in_page.goto(f"{live_server.url}/sources/{source.pk}/rules/table/?schema=public&table=customer")
    expect(signed_in_page.get_by_role("row", name="password")).to_contain_text("masked default by name")
    expect(signed_in_page.get_by_role("button", name="Save")).to_have_count(0)
