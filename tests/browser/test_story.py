"""The first ten minutes, as a person has them: what `make demo` tells is found from the first page, in few clicks."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from statetrace_ui.demo.management.commands.record_demo import free_port
from statetrace_ui.demo.story import CANARY_FLOW, REASON
from tests.own_site import Site

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.early]
MOST_CLICKS = 4
TEN_MINUTES = 600  # seconds


class Walk:
    """Counts what a person clicks from the first page on."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.clicks = 0
        page.goto(site)

    def click(self, where: Locator) -> None:
        where.first.click()
        self.clicks += 1

    def follow(self, name: str | re.Pattern[str]) -> None:
        self.click(self.page.locator("#main, nav").get_by_role("link", name=name))

    def arrived(self, text: str) -> None:
        expect(self.page.locator("#main")).to_contain_text(text)
        assert 1 <= self.clicks <= MOST_CLICKS


@pytest.fixture
def demo(folder: Path, page: Page) -> Iterator[str]:
    """The address of a demo that was just made, with its person signed in."""
    site = Site(folder)
    site.environment["SHOP_PORT"] = str(free_port())
    with site.left_running(["python", "manage.py", "demo"]) as printed:
        told = next(line for line in printed if "sign in as" in line)
        next(line for line in printed if "Ctrl-C" in line)
        address = f"http://127.0.0.1:{site.port}/"
        page.goto(address)
        page.get_by_label("Name").fill("demo")
        page.get_by_label("Password").fill(told.split()[-1])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Three things went wrong in this shop")).to_be_visible()
        page.get_by_role("button", name="Leave the tour").click()
        yield address


def test_what_went_wrong_is_found_from_the_first_page(demo: str, page: Page) -> None:
    """One demo for all three: it takes a minute to make."""
    expect(page.locator(".tour")).to_have_count(0)
    find_the_wrong_refund(Walk(page, demo))
    find_the_slow_function(Walk(page, demo))
    find_the_failed_sync(Walk(page, demo))
    follow_the_tour(page, demo)


def find_the_wrong_refund(walk: Walk) -> None:
    walk.follow(re.compile("from outside"))
    walk.arrived("outside the application")
    walk.click(walk.page.locator("main [data-row]"))
    walk.arrived(REASON)


def find_the_slow_function(walk: Walk) -> None:
    walk.follow(re.compile(r" % slower$"))
    walk.arrived("Sort by price")
    walk.follow("Difference of calls")
    walk.arrived("keepHeight")


def find_the_failed_sync(walk: Walk) -> None:
    walk.follow(re.compile(f"The sync of {re.escape(CANARY_FLOW)} fails"))
    walk.arrived("known_variants")


def follow_the_tour(page: Page, demo: str) -> None:
    """To its end by its own card, each stop a page that answers."""
    page.goto(f"{demo}?tour=begin")
    card = page.get_by_role("complementary").filter(has=page.locator("#tour-title"))
    stops = 1
    while (following := card.get_by_role("link", name="Next")).count():
        following.click()
        stops += 1
        expect(card).to_contain_text(f"{stops} of 6")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".tour")).to_have_count(0)


def test_an_empty_installation_leads_to_the_first_attributed_change(folder: Path, shop: str, page: Page) -> None:
    """By following the page alone: own database connected, snippet run, light on, well within ten minutes."""
    site, began = Site(folder), monotonic()
    with site.left_running(["python", "manage.py", "up"]) as printed:
        page.goto(next(line.strip() for line in printed if "/account/first/" in line))
        make_first_administrator(page)
        page.get_by_role("link", name="Connect a database").click()
        connect(page, shop)
        page.goto(f"http://127.0.0.1:{site.port}/")
        expect(page.locator("#tick-connect.done")).to_be_visible()
        run_snippet(page, shop)
        expect(page.locator("#seen")).to_contain_text("by Ada Lovelace")
        page.locator("#seen").get_by_role("link", name="POST /hello").click()
        expect(page.locator("#main")).to_contain_text("item")
    assert monotonic() - began < TEN_MINUTES


def make_first_administrator(page: Page) -> None:
    page.get_by_label("Organisation").fill("Acme")
    page.locator("[name=username]").fill("ann")
    for password in page.locator("input[type=password]").all():
        password.fill("correct horse battery")
    page.locator("main form button").click()
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()


def connect(page: Page, url: str) -> None:
    page.get_by_label("Name", exact=True).fill("shop")
    page.get_by_label("Or the whole address").fill(url)
    page.get_by_role("button", name="Test the connection").click()
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("button", name="Add the source").click()
    expect(page.locator("#main")).to_contain_text("1 of 1", timeout=60_000)


def run_snippet(page: Page, url: str) -> None:
    """What the page shows for plain SQL, with names of one's own."""
    page.get_by_text("Plain SQL", exact=True).click()
    snippet = page.locator("#snippet-sql").inner_text().replace("your_table", "item").replace("your_column", "name")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(snippet.encode())
