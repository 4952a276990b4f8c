"""The first ten minutes, as a person has them: what `make demo` tells is found from the first page, in few clicks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from statetrace_ui.demo.management.commands.record_demo import free_port
from statetrace_ui.demo.story import CANARY_FLOW, REASON
from tests.own_site import Site

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.early]
MOST_CLICKS = 4
STARTS_WITHIN = 120_000  # ms


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
    walk.follow("Slower than its baseline")
    walk.arrived("Sort by price")
    walk.follow("Difference of calls")
    walk.arrived("keepHeight")


def find_the_failed_sync(walk: Walk) -> None:
    walk.follow("Exports")
    walk.follow(CANARY_FLOW)
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
