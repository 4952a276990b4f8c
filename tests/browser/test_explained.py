"""From a stretch of time to what happened in it, and between exchanges and issues, in a real browser."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import settled
from tests.replica.captured import FULL, Captured

SESSION = reverse("replica:session", args=[FULL])
NETWORK = reverse("replica:network", args=[FULL])


@pytest.fixture
def captured_page(signed_in_page: Page, captured_replica: Captured) -> Page:
    return signed_in_page


@pytest.mark.long
def test_a_measured_stretch_is_explained_and_found_again_by_its_address(
    captured_page: Page, live_server: LiveServer
) -> None:
    captured_page.goto(live_server.url + SESSION)
    settled(captured_page)
    box = captured_page.locator("[data-part=lanes]").bounding_box()
    assert box
    y = box["y"] + 20
    captured_page.mouse.move(box["x"] + box["width"] * 0.5, y)
    captured_page.mouse.down()
    captured_page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=4)
    captured_page.mouse.up()
    captured_page.get_by_role("button", name="What happened").click()
    explained = captured_page.locator("#inspector .explained")
    expect(explained).to_contain_text("What happened in these")
    expect(explained.get_by_text("Heaviest calls")).to_be_visible()
    expect(captured_page).to_have_url(re.compile(r"stretch="))
    told = explained.locator("h2").inner_text()
    captured_page.reload()
    expect(captured_page.locator("#inspector .explained h2")).to_have_text(told, use_inner_text=True)
    expect(captured_page.locator("[data-part=measure]")).to_be_visible()
    captured_page.get_by_role("button", name="Close").click()
    expect(captured_page).not_to_have_url(re.compile(r"stretch="))


def test_a_label_tells_what_happened_in_it_and_where_else_it_is(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.goto(f"{live_server.url}{SESSION}?at=label-l2")
    inspector = captured_page.locator("#inspector")
    expect(inspector.get_by_role("heading", name="Pay")).to_be_visible()
    expect(inspector.locator(".explained")).to_contain_text("Requests")
    expect(inspector).to_contain_text("The same label in other sessions")
    inspector.get_by_role("link", name="Flame graph").click()
    expect(captured_page).to_have_url(re.compile(r"/flame/\?.*from=5000\.000&to=8250\.500"))


@pytest.mark.long
def test_a_heavy_call_is_selected_in_the_flame_graph_with_the_range_kept(
    captured_page: Page, live_server: LiveServer
) -> None:
    captured_page.goto(f"{live_server.url}{SESSION}explained/?from=2000&to=4000")
    link = captured_page.locator(".explained a[href*='call=']").first
    name = link.inner_text()
    link.click()
    settled(captured_page)
    expect(captured_page).to_have_url(re.compile(r"/flame/\?.*from=2000\.000&to=4000\.000"))
    expect(captured_page.locator("[data-flame-inspector] h2")).to_have_text(name)


@pytest.mark.long
def test_an_exchange_leads_to_its_issue_and_the_issue_marks_its_exchanges(
    captured_page: Page, live_server: LiveServer
) -> None:
    captured_page.goto(live_server.url + NETWORK)
    captured_page.get_by_role("link", name="/pay").click()
    inspector = captured_page.locator("#inspector")
    inspector.get_by_role("link", name="Slow Downloads").first.click()
    expect(inspector.get_by_role("heading", name="Slow Downloads")).to_be_visible()
    expect(captured_page.locator("tr.marked")).to_have_count(1)
    expect(captured_page.locator("tr.marked")).to_contain_text("/pay")
    captured_page.get_by_role("button", name="Close").click()
    expect(captured_page.locator("tr.marked")).to_have_count(0)


@pytest.mark.long
def test_a_heading_orders_the_list_and_the_address_says_so(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.goto(live_server.url + NETWORK)
    captured_page.get_by_role("link", name="Duration", exact=True).click()
    expect(captured_page.locator("th[aria-sort=ascending]")).to_contain_text("Duration")
    captured_page.get_by_role("link", name="Duration", exact=True).click()
    expect(captured_page.locator("th[aria-sort=descending]")).to_contain_text("Duration")
    expect(captured_page.locator("tr[data-at]").first).to_contain_text("/pay")
    expect(captured_page).to_have_url(re.compile(r"sort=-duration"))
    bar = captured_page.locator("tr[data-at] rect").first.bounding_box()
    assert bar
    assert bar["width"] > 10


@pytest.mark.long
def test_curves_are_read_again_where_the_timeline_is_zoomed_in(captured_page: Page, live_server: LiveServer) -> None:
    asked: list[str] = []
    captured_page.on("request", lambda request: asked.append(request.url) if "outlines" in request.url else None)
    captured_page.goto(f"{live_server.url}{SESSION}?from=4000.000&to=4500.000")
    with captured_page.expect_response(lambda answer: "outlines/?from=3875.000&to=4625.000" in answer.url) as answer:
        settled(captured_page)
    curves = answer.value.json()
    assert max(value for _, value in curves["series-memory_used"] if value is not None) == 900
    assert len(asked) == 2


@pytest.mark.long
def test_a_range_brings_the_spans_that_the_whole_has_merged(
    signed_in_page: Page, live_server: LiveServer, own_replica: Captured
) -> None:
    own_replica.execute(
        "INSERT INTO capture_sessions (session_id, message_id, start_time, end_time, status, url)"
        " SELECT %s, 1000 + n, at, at + interval '1 ms', 200, 'https://many.test/item/' || n"
        " FROM (SELECT n, timestamp '2026-03-01 10:00' + n * interval '3 ms' AS at FROM generate_series(1, 3000) n) m",
        FULL,
    )
    page, said = signed_in_page, signed_in_page.locator("[data-part=said]")
    alone = f"{live_server.url}{SESSION}?fold=labels,issues,threads,series"
    page.goto(alone)
    settled(page)
    page.locator("[data-part=lanes]").focus()
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("in a row")
    with page.expect_response(lambda answer: "/spans/network/?from=" in answer.url):
        page.goto(f"{alone}&from=5000.000&to=5200.000")
    settled(page)
    page.locator("[data-part=lanes]").focus()
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(said).to_contain_text("200 /item/")
    chosen = said.inner_text()
    expect(page.locator("#inspector")).to_contain_text("/item/")
    settled(page)
    page.goto(re.sub("&(from|to)=[^&]*", "", page.url))  # the whole, with what was selected
    settled(page)
    page.keyboard.press("Escape")
    expect(page.locator("#inspector")).to_contain_text(chosen.split(",")[0].removeprefix("200 "))
