"""No page moves under the reader's eyes while it loads, however slow the network is."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.access.holdings import Holdings
from tests.browser.conftest import give_session
from tests.browser.everything import at_rest, furnish, own_pages

MOST = 0.05  # half of what Core Web Vitals call good
# Counts what moves without the reader's doing, from the page's first moment on.
COUNT = """
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""
SLOW = {"offline": False, "latency": 100, "downloadThroughput": 200_000, "uploadThroughput": 100_000}  # ms, bytes/s


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "slow"),
    [(1280, False), (1280, True), (390, True)],
)
def test_nothing_moves_while_a_page_loads(
    page: Page,
    acme: Holdings,
    manager: User,
    live_server: LiveServer,
    transactional_db: None,
    width: int,
    slow: bool,
) -> None:
    furnish(acme)
    give_session(page.context, live_server, manager)
    page.set_viewport_size({"width": width, "height": 800})
    page.add_init_script(COUNT)
    if slow:
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.send("Network.emulateNetworkConditions", SLOW)
        client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    shifts = {name: shift_of(page, live_server.url + address) for name, address in own_pages(acme, manager)}
    assert len(shifts) > 15
    assert {name: shift for name, shift in shifts.items() if shift > MOST} == {}


def shift_of(page: Page, address: str) -> float:
    page.goto(address)
    at_rest(page)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shifted: float = page.evaluate("window.shifted")
    return round(shifted, 3)
