"""What a support engineer asks, each answered from the overview in three steps at most: a click, or a line typed.

In light and dark, on a wide screen and at 390 px, with a mouse and by keyboard alone.
"""

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Relation, Session, Source
from statetrace_ui.web.models import Organisation
from tests.browser.conftest import give_session
from tests.statetrace_ui.history.rows import make_action, make_change, make_relation, make_session, make_source
from tests.statetrace_ui.history.rows import make_transaction as commit

MOST_STEPS = 3
MOST_TABS = 200
# The day of all that happened: in the calendar week before this one, whatever day it is.
PLACED_AT = (timezone.now() - dt.timedelta(days=7)).replace(hour=10, minute=34, second=35, microsecond=0)
SECOND = dt.timedelta(seconds=1)


def columns(**types: str) -> list[dict[str, Any]]:
    return [{"name": "id", "type": "bigint", "key": True}] + [
        {"name": name, "type": kind, "key": False} for name, kind in types.items()
    ]


ORDER = columns(number="text", status="text", updated_at="timestamp with time zone")
PAYMENT = columns(order_id="bigint", status="text")
PRODUCT = columns(name="text", on_hand="integer")
CUSTOMER = columns(name="text", email="text", last_login="timestamp with time zone")


def in_berlin(time: dt.datetime) -> str:
    """A time in the zone of the browser, to the second."""
    return time.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%dT%H:%M:%S")


@dataclass
class Shop:
    """A shop where Ken ordered and Mei shipped and refunded; later somebody wrote to the database by hand."""

    source: Source
    orders: Relation
    mei: Session


@pytest.fixture
def shop(organisation: Organisation, live_server: LiveServer) -> Shop:
    source = make_source(organisation, annotation_schema="public", annotation_table="statetrace_annotations")
    orders = make_relation(source, "shop_order", oid=1, columns=ORDER)
    payments = make_relation(source, "shop_payment", oid=2, columns=PAYMENT)
    products = make_relation(source, "shop_product", oid=3, columns=PRODUCT)
    customers = make_relation(source, "shop_customer", oid=4, columns=CUSTOMER)
    ken = make_session(source, "ken", PLACED_AT - SECOND, actor_id="3", actor_full_name="Ken Ito")
    mei = make_session(source, "mei", PLACED_AT, actor_id="9", actor_full_name="Mei Tanaka")

    reading = commit(source, PLACED_AT - dt.timedelta(hours=1), kind="baseline")
    make_change(reading, orders, "S", record_key="")
    checkout = make_action(ken, PLACED_AT, url="/checkout/").transaction
    order = {"id": "68", "number": "C973NJ5W", "status": "paid", "updated_at": str(PLACED_AT)}
    make_change(checkout, orders, "I", "68", new=order)
    make_change(checkout, payments, "I", "90", new={"id": "90", "order_id": "68", "status": "captured"})
    stock = {"id": "5", "name": "Night Ferry", "on_hand": "394"}
    make_change(checkout, products, "U", "5", old=stock, new={**stock, "on_hand": "6"})
    for number in range(10, 20):
        stock = {"id": str(number), "name": f"Print {number}", "on_hand": str(100 * number)}
        restocked = make_action(mei, PLACED_AT + SECOND, url="/staff/stock").transaction
        make_change(restocked, products, "U", str(number), old=stock, new={**stock, "on_hand": "10"})
        customer = {"id": str(number), "name": f"Somebody {number}", "email": f"{number}@example.com"}
        seen = make_action(ken, PLACED_AT + SECOND, url="/sign-in/").transaction
        make_change(seen, customers, "U", str(number), old=customer, new={**customer, "last_login": str(PLACED_AT)})
    shipped = make_action(mei, PLACED_AT + 4 * SECOND, url="/staff/orders/68/ship").transaction
    make_change(shipped, orders, "U", "68", old=order, new={**order, "status": "shipped"})
    refunded = make_action(mei, PLACED_AT + 95 * SECOND, url="/staff/orders/68/refund").transaction
    order["status"] = "shipped"
    make_change(refunded, orders, "U", "68", old=order, new={**order, "status": "refunded"})
    by_hand = commit(source, PLACED_AT + 200 * SECOND, outside=True)
    customer = {"id": "3", "name": "Ken Ito", "email": "ken@example.com"}
    make_change(by_hand, customers, "U", "3", old=customer, new={**customer, "email": "eve@example.com"})
    return Shop(source, orders, mei)


@dataclass
class Hand:
    """Somebody at a browser, whose steps are counted. With a mouse, or by keyboard alone."""

    page: Page
    home: str
    by_keyboard: bool
    steps: int = 0

    def begin(self) -> None:
        self.page.goto(self.home)
        self.steps = 0

    def take(self, what: Locator) -> None:
        """Click it, or go to it by the Tab key and press Enter."""
        self.steps += 1
        expect(what).to_be_visible()
        if not self.by_keyboard:
            what.click()
            return
        for _ in range(MOST_TABS):
            if what.evaluate("found => found === document.activeElement"):
                self.page.keyboard.press("Enter")
                return
            self.page.keyboard.press("Tab")
        raise AssertionError("It cannot be reached by the Tab key.")

    def find(self, text: str) -> None:
        """Type into the palette, and go to what it finds first."""
        self.steps += 1
        self.page.keyboard.press("Control+k")
        self.page.keyboard.type(text)
        expect(self.page.get_by_role("dialog").get_by_role("option").first).to_contain_text(text.split()[-1])
        self.page.keyboard.press("Enter")

    def go_to_changes(self) -> None:
        """Two keys that the page tells, or a click in the rail."""
        if self.by_keyboard:
            self.steps += 1
            self.page.keyboard.press("g")
            self.page.keyboard.press("c")
        else:
            self.take(self.page.get_by_role("navigation", name="Main").get_by_role("link", name="Changes"))
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Changes")
        self.page.wait_for_load_state()  # nobody types faster than scripts arrive

    def ask(self, line: str) -> None:
        """Type a question into the line of the changes."""
        self.go_to_changes()
        self.steps += 1
        self.page.keyboard.press("/")
        self.page.keyboard.type(line)
        self.page.keyboard.press("Escape")  # the suggestions
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_label("Terms").get_by_role("link").first).to_be_visible()

    def set_time(self, name: str, time: dt.datetime) -> None:
        """Type a time in the zone of the browser."""
        self.steps += 1
        field = self.page.get_by_role("textbox", name=name)
        field.fill(in_berlin(time))
        field.press("Enter")

    @property
    def rows(self) -> Locator:
        return self.page.locator("#changes > li.change")


LOOKS: dict[str, tuple[Any, int, bool]] = {
    "light": ("light", 1280, False),
    "dark, narrow, by keyboard": ("dark", 390, True),
    "dark, by keyboard": ("dark", 1280, True),
    "light, narrow": ("light", 390, False),
}
SHORT = ("dark, narrow, by keyboard",)


@pytest.fixture(params=[name if name in SHORT else pytest.param(name, marks=pytest.mark.long) for name in LOOKS])
def hand(
    request: pytest.FixtureRequest,
    page: Page,
    live_server: LiveServer,
    analyst: User,
    shop: Shop,
    complaints: list[str],
) -> Hand:
    scheme, width, by_keyboard = LOOKS[request.param]
    give_session(page.context, live_server, analyst)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    return Hand(page, live_server.url, by_keyboard)


@pytest.mark.early
def test_each_is_answered_in_three_steps(hand: Hand, shop: Shop, tmp_path: Path) -> None:
    answers = [arrival, refund, row_before, session, row_at_a_second, low_stock, email, file_for_the_auditor]
    for answer in answers:
        hand.begin()
        answer(hand, shop, tmp_path)
        assert hand.steps <= MOST_STEPS, answer.__name__
        assert hand.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), answer.__name__


def arrival(hand: Hand, shop: Shop, _: Path) -> None:
    """See it arrive live."""
    hand.go_to_changes()
    now = make_action(shop.mei, timezone.now(), url="/staff/orders/new").transaction
    made = make_change(now, shop.orders, "I", "69", new={"id": "69", "number": "3884QHDT", "status": "new"})
    expect(hand.page.locator(f"#change-{made.pk}")).to_contain_text("/staff/orders/new")


def refund(hand: Hand, shop: Shop, _: Path) -> None:
    """Who refunded order 68, when, through what?"""
    hand.ask("order 68 new:=refunded")
    row = hand.rows.filter(has_text="refunded")
    expect(row).to_contain_text("Mei Tanaka")
    expect(row).to_contain_text("POST /staff/orders/68/refund")
    expect(row.locator("time")).to_have_attribute("datetime", re.compile(in_berlin(PLACED_AT + 95 * SECOND)))


def row_before(hand: Hand, shop: Shop, _: Path) -> None:
    """How was the row before?"""
    hand.find("order 68")
    hand.take(hand.page.get_by_role("link", name="Earlier"))
    row = hand.page.locator(".row-then").get_by_role("row")
    expect(row.filter(has_text="status")).to_contain_text("shipped")
    expect(row.filter(has_text="number")).to_contain_text("C973NJ5W")


def session(hand: Hand, shop: Shop, _: Path) -> None:
    """What else happened in that session?"""
    hand.ask("order 68 new:=refunded")
    hand.take(hand.rows.get_by_role("link", name="Mei Tanaka"))
    actions = hand.page.get_by_role("region", name="Actions")
    expect(actions).to_contain_text("POST /staff/orders/68/ship")
    expect(actions).to_contain_text("POST /staff/stock")


def row_at_a_second(hand: Hand, shop: Shop, _: Path) -> None:
    """How was order 68 at a second before it was placed, and at one when it was paid?"""
    hand.find("order 68")
    hand.set_time("As of", PLACED_AT - 15 * SECOND)
    expect(hand.page.get_by_role("main")).to_contain_text("There was no such row yet")
    hand.set_time("As of", PLACED_AT + 2 * SECOND)
    expect(hand.page.locator(".row-then").get_by_role("row").filter(has_text="status")).to_contain_text("paid")


def low_stock(hand: Hand, shop: Shop, _: Path) -> None:
    """Of what were there less than ten last week?"""
    hand.ask('field:on_hand new:<10 at:"last week"')
    expect(hand.rows).to_have_count(1)
    expect(hand.rows).to_contain_text("Night Ferry")
    expect(hand.rows.locator(".summary")).to_contain_text("394")


def email(hand: Hand, shop: Shop, _: Path) -> None:
    """Who changed an e-mail? Nobody through the application, which is said aloud."""
    hand.ask("field:email kind:update")
    expect(hand.rows).to_have_count(1)
    expect(hand.rows).to_contain_text("eve@example.com")
    expect(hand.rows.locator(".tag.outside")).to_be_visible()


def file_for_the_auditor(hand: Hand, shop: Shop, folder: Path) -> None:
    """Everything as a file."""
    hand.go_to_changes()
    hand.take(hand.page.locator("summary").filter(has_text="Download"))
    with hand.page.expect_download() as started:
        hand.take(hand.page.get_by_role("link", name="CSV"))
    path = folder / "changes.zip"
    started.value.save_as(path)
    with ZipFile(path) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".csv")]
        assert "eve@example.com" in archive.read(name).decode()
