"""The row of an order at a second, on the demo's recorded shop: in three clicks, by keyboard, on a phone."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.demo import recordings
from statetrace_ui.history import reference_views
from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation

ORDER = {"table": "public.shop_order", "key": '["68"]'}  # placed at 11:34:35 in Berlin, shipped at 11:34:39


@pytest.fixture
def source(live_server: LiveServer, organisation: Organisation, store: str) -> Source:
    recordings.load(organisation)
    return Source.objects.get()


@pytest.fixture
def record(signed_in_page: Page, live_server: LiveServer, source: Source) -> Page:
    signed_in_page.goto(f"{live_server.url}/sources/")  # which learns the zone
    signed_in_page.goto(f"{live_server.url}/records/{source.pk}/?{urlencode(ORDER)}")
    return signed_in_page


def status_in(page: Page) -> Locator:
    return page.locator(".row-then").get_by_role("row", name=re.compile("^status"))


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.long), 390])
def test_the_row_of_an_order_at_a_second(
    signed_in_page: Page, live_server: LiveServer, source: Source, width: int
) -> None:
    page = signed_in_page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live_server.url}/sources/{source.pk}/")
    page.get_by_role("link", name="Rows of public.shop_order", exact=True).click()
    page.get_by_role("searchbox").fill("68")
    page.get_by_role("textbox", name="As of").fill("2026-11-22T11:34:20")
    page.get_by_role("textbox", name="As of").press("Enter")
    page.get_by_role("link", name="Its life before and after").click()
    expect(page.get_by_role("main")).to_contain_text("There was no such row yet")
    page.get_by_role("textbox", name="As of").fill("2026-11-22T11:34:38")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("main")).to_contain_text("As of 22 Nov 2026, 11:34:38 CET")
    expect(status_in(page)).to_contain_text("paid")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.long
def test_a_slider_goes_from_change_to_change_by_keyboard(record: Page) -> None:
    slider = record.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", "newest")
    slider.focus()
    record.keyboard.press("ArrowLeft")
    expect(record).to_have_url(re.compile(r"&at=\d+$"))
    expect(slider).to_have_attribute("aria-valuetext", re.compile("22 Nov 11:34:35"))
    expect(slider).to_be_focused()
    expect(status_in(record)).to_contain_text("paid")
    record.keyboard.press("End")
    expect(status_in(record)).to_contain_text("shipped")
    record.get_by_role("link", name="Earlier").click()
    expect(slider).to_have_value("0")


@pytest.mark.long
def test_the_row_is_copied(record: Page) -> None:
    record.context.grant_permissions(["clipboard-read", "clipboard-write"])
    record.get_by_role("link", name="Copy as SQL").click()
    expect(record.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    text = record.evaluate("navigator.clipboard.readText()")
    assert text.startswith("-- public.shop_order as of")
    assert "VALUES ('68', '3884QHDT', 'shipped'" in text


@pytest.mark.long
def test_an_order_leads_to_its_lines_and_payments_and_they_lead_back(
    record: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_views, "SECONDS", 600)  # however slow the machine is
    record.get_by_role("link", name="Earlier").click()
    line = record.locator(".reference-lines > div").filter(has_text="shop_orderline")
    line.get_by_role("link").nth(1).click()
    expect(record.get_by_role("heading", level=1)).to_contain_text("public.shop_orderline")
    order = record.locator(".row-then").get_by_role("row", name=re.compile("^order_id"))
    expect(order).to_contain_text("3884QHDT")
    order.get_by_role("link", name="68", exact=True).click()
    expect(status_in(record)).to_contain_text("paid")
    record.get_by_role("link", name="shop_payment", exact=True).click()
    expect(record.get_by_role("heading", level=1)).to_contain_text("What refers to public.shop_order 68")
    expect(record.get_by_role("table").get_by_role("row")).to_have_count(2)


@pytest.mark.long
def test_two_moments_stand_side_by_side(record: Page) -> None:
    record.get_by_role("link", name="Compare").last.click()
    expect(status_in(record)).to_contain_text("paid")
    expect(status_in(record)).to_contain_text("shipped")
    expect(record.locator(".row-then tr.changed")).to_have_count(1)
