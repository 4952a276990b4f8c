"""The line of a question in a browser: by keyboard, by clicks, in both themes and on a narrow screen."""

import re
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history import answering, search
from statetrace_ui.history.models import Relation, SavedQuestion
from statetrace_ui.web.models import Organisation
from tests.browser.conftest import give_session
from tests.browser.test_axe import violations
from tests.statetrace_ui.history.rows import (
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
    skip_ids,
)


@pytest.fixture
def orders(organisation: Organisation, transactional_db: None) -> Relation:
    """An order is paid by Ada, another is inserted by Grace."""
    source = make_source(organisation)
    orders = make_relation(source)
    make_relation(source, "order_lines", oid=1001)
    grace = make_session(source, "s-2", actor_id="7", actor_full_name="Grace Hopper")
    make_change(make_action(grace, url="/cart/").transaction, orders, "I", "8", new=row("8"))
    paid = make_action(make_session(source)).transaction
    make_change(paid, orders, "U", "7", old=row(), new=row(status="paid"))
    return orders


@pytest.fixture
def changes(signed_in_page: Page, live_server: LiveServer, orders: Relation) -> Page:
    signed_in_page.goto(f"{live_server.url}/changes/")
    return signed_in_page


def line_of(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Ask")


def options_of(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def asked(page: Page) -> str:
    """The line in the page's address."""
    return parse_qs(urlsplit(page.url).query).get("q", [""])[0]


def test_a_question_is_written_by_keyboard_alone(changes: Page) -> None:
    line, options = line_of(changes), options_of(changes)
    changes.keyboard.press("/")
    expect(line).to_be_focused()
    changes.keyboard.type("ta")
    expect(options).to_have_count(1)
    expect(line).to_have_attribute("aria-expanded", "true")
    changes.keyboard.press("ArrowDown")
    expect(line).to_have_attribute("aria-activedescendant", "q-option-1")
    changes.keyboard.press("Enter")
    expect(line).to_have_value("table:")
    expect(options).to_have_count(2)
    changes.keyboard.press("ArrowUp")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    changes.keyboard.press("Enter")
    expect(line).to_have_value("table:orders ")
    expect(line).to_have_attribute("aria-expanded", "false")
    changes.keyboard.type("kind:up")
    expect(options).to_have_text([re.compile("kind:update")])
    changes.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(line).to_be_focused()
    changes.keyboard.type("date")
    expect(options).to_have_count(1)
    changes.keyboard.press("Enter")
    expect(changes.get_by_label("Terms").get_by_role("link")).to_have_text(["table:orders", "kind:update", "Clear"])
    assert asked(changes) == "table:orders kind:update"
    expect(changes.locator("#changes > .change")).to_have_count(1)


@pytest.mark.long
def test_a_suggestion_is_taken_in_the_middle_of_a_line(changes: Page) -> None:
    line = line_of(changes)
    line.fill("é𝄞 table:ord kind:insert")
    for _ in " kind:insert":
        line.press("ArrowLeft")
    line.press("ArrowDown")
    options_of(changes).get_by_text("table:orders").click()
    expect(line).to_have_value("é𝄞 table:orders kind:insert")
    assert line.evaluate("field => field.selectionStart") == len("é??) table:orders")
    expect(line).to_be_focused()


@pytest.mark.long
def test_terms_are_taken_out_one_by_one(changes: Page, live_server: LiveServer) -> None:
    changes.goto(f"{live_server.url}/changes/?q=kind:insert+-table:order_lines+table:orders")
    terms = changes.get_by_label("Terms").get_by_role("link")
    changes.get_by_role("link", name="Remove -table:order_lines").click()
    expect(terms).to_have_count(3)
    assert asked(changes) == "kind:insert table:orders"
    changes.get_by_role("link", name="Remove kind:insert").click()
    expect(terms).to_have_count(1)
    expect(changes.locator("#changes > .change")).to_have_count(2)


@pytest.mark.long
def test_what_is_wrong_is_selected_where_it_stands(
    changes: Page, live_server: LiveServer, complaints: list[str]
) -> None:
    changes.goto(f"{live_server.url}/changes/?q=𝄞+kind:updat+x")
    line = line_of(changes)
    expect(line).to_be_focused()
    expect(line).to_have_attribute("aria-invalid", "true")
    assert line.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)") == "kind:updat"
    expect(changes.get_by_role("alert").locator("mark")).to_have_text("kind:updat")
    changes.get_by_role("alert").get_by_role("link", name="kind:update").click()
    expect(changes.get_by_role("alert")).to_have_count(0)
    assert asked(changes) == "𝄞 kind:update x"
    complaints.clear()  # the browser says that the answer was 400


@pytest.mark.long
@pytest.mark.parametrize(
    ("value", "label", "how", "line"),
    [
        (".kind", "Updated", "Only", "table:orders kind:update"),
        (".summary [data-terms]", "status = paid", "Only", "table:orders field:status new:=paid"),
        (".through [data-terms]", "Ada Lovelace", "Without", "table:orders -actor:42"),
        (".of [data-terms]", "orders", "Without", "-table:public.orders"),
    ],
)
def test_a_value_of_the_list_narrows_it_by_a_click(
    changes: Page, live_server: LiveServer, value: str, label: str, how: str, line: str
) -> None:
    changes.goto(f"{live_server.url}/changes/?q=table:orders")
    changes.locator("#changes > .change").first.locator(value).first.click()
    menu = changes.get_by_role("group", name="Narrow the list")
    menu.get_by_role("link", name=f"{how} {label}", exact=True).click()
    expect(menu).to_have_count(0)
    expect(line_of(changes)).to_have_value(line if how == "Only" or "actor" in line else f"table:orders {line}")


@pytest.mark.long
def test_the_menu_of_a_value_is_left_by_escape(changes: Page) -> None:
    changes.locator("#changes .kind").first.click()
    menu = changes.get_by_role("group", name="Narrow the list")
    expect(menu.get_by_role("link").first).to_be_focused()
    changes.keyboard.press("Escape")
    expect(menu).to_have_count(0)


@pytest.mark.long
def test_a_list_is_narrowed_by_keyboard_in_an_unfolded_change(changes: Page, live_server: LiveServer) -> None:
    changes.goto(f"{live_server.url}/changes/?q=table:orders")
    changes.keyboard.press("j")
    changes.keyboard.press("Enter")
    link = changes.get_by_role("link", name="without actor:42")
    link.focus()
    changes.keyboard.press("Enter")
    expect(line_of(changes)).to_have_value("table:orders -actor:42")
    expect(changes.locator("#changes > .change")).to_have_count(1)


@pytest.mark.long
def test_a_question_is_saved_asked_again_and_deleted(changes: Page, live_server: LiveServer) -> None:
    changes.goto(f"{live_server.url}/changes/?q=kind:insert")
    changes.get_by_text("Save", exact=True).first.click()
    changes.get_by_label("Name of this question").fill("What is new")
    changes.keyboard.press("Enter")
    saved = changes.get_by_label("Saved questions").get_by_role("link", name="What is new")
    expect(saved).to_have_attribute("aria-current", "true")
    changes.goto(f"{live_server.url}/changes/")
    saved.click()
    expect(line_of(changes)).to_have_value("kind:insert")
    changes.get_by_text("Save", exact=True).first.click()
    changes.get_by_role("button", name="Delete What is new").click()
    expect(saved).to_have_count(0)
    assert not SavedQuestion.objects.exists()


@pytest.mark.long
def test_sessions_have_the_line_too(changes: Page, live_server: LiveServer) -> None:
    changes.goto(f"{live_server.url}/sessions/")
    changes.keyboard.press("/")
    changes.keyboard.type("actor:gra")
    expect(options_of(changes)).to_have_text([re.compile("actor:7")])
    changes.keyboard.press("ArrowDown")
    changes.keyboard.press("Enter")
    changes.keyboard.press("Enter")
    expect(changes.locator("tbody tr")).to_have_count(1)
    assert asked(changes).strip() == "actor:7"


@pytest.mark.long
def test_sessions_are_narrowed_by_a_button(changes: Page, live_server: LiveServer) -> None:
    changes.goto(f"{live_server.url}/sessions/")
    changes.get_by_role("button", name="Only Grace Hopper, or without").press("Enter")
    expect(changes.get_by_role("link", name="Only Grace Hopper")).to_be_focused()
    changes.get_by_role("link", name="Without Grace Hopper").click()
    expect(line_of(changes)).to_have_value("-actor:7")
    expect(changes.locator("tbody tr")).to_have_count(1)


@pytest.fixture
def far(orders: Relation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest change lies so far from others that a search has time for one step at once, of many."""
    monkeypatch.setattr(answering, "search", partial(search.changes, seconds=0.0))
    skip_ids(5_000)
    make_change(make_transaction(orders.source), orders, "U", "8", old=row("8"), new=row("8", status="paid"))


def test_a_search_goes_on_by_itself(changes: Page, live_server: LiveServer, far: None) -> None:
    changes.goto(f"{live_server.url}/changes/?q=new:%3Dpaid+since:2026-03-14")
    expect(changes.locator("#changes > .change")).to_have_count(2)
    expect(changes.get_by_text("That is all.")).to_be_visible()
    expect(changes.get_by_role("button", name="Stop")).to_have_count(0)


@pytest.mark.long
def test_a_search_is_stopped_and_goes_on_by_a_click(
    changes: Page, live_server: LiveServer, far: None, complaints: list[str]
) -> None:
    changes.route(re.compile("cursor="), lambda _: None)  # no answer comes
    changes.goto(f"{live_server.url}/changes/?q=new:%3Dpaid+since:2026-03-14")
    expect(changes.get_by_text("Searched back to")).to_be_visible()
    changes.get_by_role("button", name="Stop").click()
    changes.unroute(re.compile("cursor="))
    link = changes.get_by_role("link", name="Go on")
    expect(link).to_be_focused()
    complaints.clear()  # htmx says that a request was ended
    expect(changes.locator("#changes > .change")).to_have_count(1)
    changes.keyboard.press("Enter")
    expect(changes.get_by_text("That is all.")).to_be_visible()
    expect(changes.locator("#changes > .change")).to_have_count(2)


MODES: dict[str, tuple[Any, int]] = {"light": ("light", 1280), "dark": ("dark", 1280), "narrow": ("dark", 390)}


@pytest.mark.parametrize("mode", ["narrow", *(pytest.param(m, marks=pytest.mark.long) for m in ("light", "dark"))])
def test_the_line_can_be_used_by_everybody(
    page: Page, live_server: LiveServer, manager: User, orders: Relation, mode: str
) -> None:
    scheme, width = MODES[mode]
    give_session(page.context, live_server, manager)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    found: list[str] = []

    def judge() -> None:
        found.extend(violations(page, []))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.goto(f"{live_server.url}/changes/?q=table:orders+-kind:delete+field:status+new:paid")
    for details in page.locator(".ask-more summary").all():
        details.click()
    judge()
    page.goto(f"{live_server.url}/changes/")
    line_of(page).click()
    expect(options_of(page).first).to_be_visible()
    page.keyboard.press("ArrowDown")
    judge()
    page.keyboard.press("Escape")
    page.locator("#changes .kind").first.click()
    expect(page.get_by_role("group", name="Narrow the list")).to_be_visible()
    judge()
    page.goto(f"{live_server.url}/changes/?q=tabel:orders")
    judge()
    page.goto(f"{live_server.url}/changes/?q=table:nothing+kind:delete")
    judge()
    assert found == []
