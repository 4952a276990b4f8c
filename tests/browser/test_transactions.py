"""The list of changes by transaction: opened in place, by keyboard, and still while somebody reads it."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Relation, Session, Source
from statetrace_ui.web.models import Organisation
from tests.browser.test_axe import violations
from tests.statetrace_ui.history.rows import (
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)


@pytest.fixture
def session(organisation: Organisation, transactional_db: None) -> Session:
    session = make_session(make_source(organisation, annotation_schema="public"))
    action, orders = make_action(session, url="/checkout/"), make_relation(session.source)
    for key in ("7", "8"):
        make_change(action.transaction, orders, "I", key, new=row(key))
    return session


@pytest.fixture
def orders(session: Session) -> Relation:
    return Relation.objects.get(source=session.source)


@pytest.fixture
def changes(signed_in_page: Page, live_server: LiveServer, session: Session) -> Page:
    signed_in_page.goto(f"{live_server.url}/changes/")
    return signed_in_page


def add(source: Source, orders: Relation) -> None:
    transaction = make_transaction(source)
    make_change(transaction, orders, "U", "7", new=row(status="refunded"))


@pytest.mark.long
def test_a_transaction_is_opened_in_place_by_keyboard(changes: Page) -> None:
    line = changes.locator(".transaction")
    expect(line).to_contain_text("2 changes")
    changes.keyboard.press("j")
    changes.keyboard.press("Enter")
    expect(line.locator(".inner > .change")).to_have_count(2)
    expect(changes).to_have_url(re.compile("open=transaction-"))
    line.locator(".inner button").first.click()
    expect(line.locator(".diff").first).to_contain_text("19.90")
    changes.reload()
    expect(changes.locator(".transaction .inner > .change")).to_have_count(2)


@pytest.mark.long
def test_the_switch_lists_changes_one_by_one(changes: Page) -> None:
    changes.get_by_role("link", name="One by one").click()
    expect(changes).to_have_url(re.compile("group=change"))
    expect(changes.locator(".transaction")).to_have_count(0)
    expect(changes.locator("#changes > .change")).to_have_count(2)


@pytest.mark.long
def test_what_is_new_waits_while_a_row_is_open(changes: Page, session: Session, orders: Relation) -> None:
    shown = changes.locator("#changes > .change")
    button = changes.locator(".transaction > button")
    button.click()
    expect(changes.locator(".inner > .change")).to_have_count(2)
    add(session.source, orders)
    new = changes.get_by_role("button", name="1 new")
    expect(new).to_be_visible()
    expect(shown).to_have_count(1)
    new.click()
    expect(shown).to_have_count(2)
    expect(new).to_be_hidden()
    expect(shown.first).to_contain_text("outside the application")


def test_what_is_new_appears_by_itself_when_nobody_reads(changes: Page, session: Session, orders: Relation) -> None:
    expect(changes.locator("#changes > .change")).to_have_count(1)
    add(session.source, orders)
    expect(changes.locator("#changes > .change")).to_have_count(2)


@pytest.mark.parametrize(
    ("scheme", "width"),
    [("dark", 390), pytest.param("light", 1280, marks=pytest.mark.long)],
)
def test_lists_and_pages_are_accessible_and_fit(
    changes: Page, session: Session, orders: Relation, complaints: list[str], scheme: str, width: int
) -> None:
    changes.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    changes.set_viewport_size({"width": width, "height": 800})
    add(session.source, orders)
    changes.reload()
    changes.locator(".transaction > button").click()
    expect(changes.locator(".inner > .change")).to_have_count(2)
    assert violations(changes, []) == []
    assert changes.evaluate("document.documentElement.scrollWidth") <= width
    changes.locator(".transaction > .count").click()
    expect(changes.get_by_role("heading", level=1)).to_contain_text("Transaction")
    assert violations(changes, []) == []
    assert changes.evaluate("document.documentElement.scrollWidth") <= width
    changes.get_by_role("link", name="all of this actor").click()
    expect(changes.locator(".chart .main-svg").first).to_be_visible()
    assert violations(changes, []) == []
    assert changes.evaluate("document.documentElement.scrollWidth") <= width
    complaints.clear()  # of what axe-core does to the pages
