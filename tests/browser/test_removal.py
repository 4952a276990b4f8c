"""Retention and erasure in a real Chromium: a manager sets a rule, and erases a record."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Change, Source
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import clear_queue, run_worker
from tests.statetrace_ui.history.erasure.test_erasing import disconnect
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction

pytestmark = pytest.mark.browser
COLUMNS = [
    {"name": "id", "type": "integer", "key": True},
    {"name": "email", "type": "text", "key": False},
]
RECORD = "/records/{}/?table=public.customer&key=%5B%227%22%5D"


@pytest.fixture
def source(live_server: LiveServer, organisation: Organisation) -> Source:
    """A customer that was inserted and changed long ago, and changed lately."""
    clear_queue()
    source = make_source(organisation)
    disconnect(source)
    relation = make_relation(source, "customer", columns=COLUMNS)
    now = timezone.now()
    for age, kind, email in ((40, "I", "first@x.example"), (39, "U", "second@x.example"), (1, "U", "third@x.example")):
        at = make_transaction(source, now - dt.timedelta(days=age))
        make_change(at, relation, kind, new={"id": "7", "email": email})
    return source


@pytest.mark.long
def test_a_manager_sets_for_how_long_history_is_kept(
    manager_page: Page, live_server: LiveServer, source: Source
) -> None:
    page = manager_page
    page.goto(f"{live_server.url}/sources/{source.pk}/")
    page.get_by_role("link", name="Retention").click()
    expect(page.get_by_text("None: everything is kept for ever.")).to_be_visible()
    page.get_by_label("Keep for days").fill("30")
    page.get_by_role("button", name="Set rule").press("Enter")
    expect(page.locator(".own-rules")).to_contain_text("all tables 30 days")
    page.get_by_text("Remove what is older now").click()
    page.get_by_role("button", name="Remove it for good").click()
    run_worker()
    expect(page.locator("#runs .status")).to_have_text("Done")
    page.goto(live_server.url + RECORD.format(source.pk))
    expect(page.locator(".record > li")).to_have_count(2)
    expect(page.locator(".record > li").last).to_contain_text("Older changes of this row were removed on")
    expect(page.locator(".record > li").last).to_contain_text("second@x.example")
    expect(page.locator(".record > li").first).to_contain_text("second@x.example")
    assert "first@" not in page.content()


def test_a_manager_erases_a_record_after_seeing_what_it_takes(
    manager_page: Page, live_server: LiveServer, source: Source
) -> None:
    page = manager_page
    page.goto(live_server.url + RECORD.format(source.pk))
    page.get_by_text("Erase this record").click()
    page.get_by_label("Reason").fill("ticket 4711")
    page.get_by_role("button", name="Count what it would erase").click()
    run_worker()
    expect(page.locator("#erasure .status")).to_have_text("Waits for confirmation")
    expect(page.locator("#erasure .counts")).to_contain_text("Changes of public.customer: 3")
    page.get_by_role("button", name="Erase for ever").click()
    run_worker()
    expect(page.locator("#erasure .status")).to_have_text("Done")
    page.goto(live_server.url + RECORD.format(source.pk))
    expect(page.get_by_text("Its values were erased on")).to_have_count(3)
    expect(page.get_by_text("by manager").first).to_be_visible()
    assert "x.example" not in page.content()
    assert not Change.objects.filter(new__isnull=False).exists()
    page.goto(f"{live_server.url}/sources/{source.pk}/")
    page.get_by_role("link", name="Erasures").click()
    expect(page.get_by_role("row", name="ticket 4711")).to_contain_text("Done")


@pytest.mark.long
def test_a_viewer_sees_what_was_removed_and_removes_nothing(
    signed_in_page: Page, live_server: LiveServer, source: Source, reader: User
) -> None:
    for path in (f"/sources/{source.pk}/retention/", f"/sources/{source.pk}/erasures/", RECORD.format(source.pk)):
        signed_in_page.goto(live_server.url + path)
        expect(signed_in_page.locator("main form[method=post]")).to_have_count(0)
