"""The first page in a browser: dragged over, kept current, arranged by keys."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store
from statetrace_ui.wal.records import Transaction, row_change
from statetrace_ui.web.models import Organisation
from tests.browser.everything import at_rest
from tests.statetrace_ui.history.rows import make_source
from tests.statetrace_ui.history.test_store import ITEM

ROW = row_change(ITEM, "I", new={"id": "1", "name": "x"})
POLL = "htmx.trigger('.overview', 'statetrace:poll')"
COUNTED = re.compile(r"^\d+ changes?$")


@pytest.fixture
def source(transactional_db: None, organisation: Organisation) -> Source:
    """Its first change was committed twelve hours ago, in the middle of the chart."""
    source = make_source(organisation, seen_at=timezone.now())
    store(source, [Transaction(8, 16, timezone.now() - timedelta(hours=12), [ROW], xid=1)])
    return source


def test_a_time_that_is_dragged_over_is_listed(signed_in_page: Page, live_server: LiveServer, source: Source) -> None:
    page = signed_in_page
    page.goto(live_server.url)
    at_rest(page)
    area = page.locator("#activity-chart .nsewdrag").bounding_box()
    assert area is not None
    middle, height = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    page.mouse.move(middle - 40, height)
    page.mouse.down()
    page.mouse.move(middle, height, steps=4)
    page.mouse.move(middle + 40, height, steps=4)
    page.mouse.up()
    page.wait_for_url("**/changes/?q=*")
    [line] = parse_qs(urlsplit(page.url).query)["q"]
    assert re.fullmatch(r"since:\d{4}-\d\d-\d\dT\d\d:\d\d until:\d{4}-\d\d-\d\dT\d\d:\d\d", line)
    expect(page.get_by_role("main")).to_contain_text("Inserted")


def test_the_cards_keep_up_unless_somebody_uses_them(
    signed_in_page: Page, live_server: LiveServer, source: Source
) -> None:
    page = signed_in_page
    page.goto(live_server.url)
    expect(page.get_by_role("link", name=COUNTED)).to_have_text("1 change")
    store(source, [Transaction(16, 24, timezone.now(), [ROW, ROW], xid=2)])
    page.evaluate(POLL)
    expect(page.get_by_role("link", name=COUNTED)).to_have_text("3 changes")
    at_rest(page)


def test_cards_are_arranged_by_keys_and_the_focus_stays(
    signed_in_page: Page, live_server: LiveServer, source: Source
) -> None:
    page = signed_in_page
    page.goto(live_server.url)
    page.get_by_role("link", name="Arrange").press("Enter")
    down = page.get_by_role("button", name="Down: Changes")
    down.press("Enter")
    shown = page.locator("ol.arrangement li strong")
    expect(shown.nth(1)).to_have_text("Changes")
    expect(down).to_be_focused()
    page.keyboard.press("Enter")
    expect(shown.nth(2)).to_have_text("Changes")
    page.get_by_role("button", name="Hide: Changes").press("Enter")
    expect(page.get_by_role("button", name="Show: Changes")).to_be_visible()
    page.get_by_role("link", name="Done").press("Enter")
    expect(page.get_by_role("heading", name="Sources")).to_be_visible()
    expect(page.locator("#activity-chart")).to_have_count(0)


def test_a_time_of_ones_own_is_chosen_on_the_page(
    signed_in_page: Page, live_server: LiveServer, source: Source
) -> None:
    page = signed_in_page
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(live_server.url)
    page.get_by_text("Own time").click()
    page.get_by_label("From", exact=True).fill("2026-03-01T00:00")
    page.get_by_label("To", exact=True).fill("2026-03-02T00:00")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**/?*since=2026-03-01T00%3A00*")
    expect(page.get_by_role("link", name=COUNTED)).to_have_text("0 changes")
