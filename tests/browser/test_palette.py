"""The palette: by keyboard alone, by a finger, in both themes; what was opened last; nothing for the next person."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Session
from statetrace_ui.web.models import Organisation
from tests.browser.conftest import give_session
from tests.browser.test_axe import violations
from tests.statetrace_ui.history.rows import make_action, make_change, make_relation, make_session, make_source, row

RECENT = "Object.keys(localStorage).filter(key => key.startsWith('statetrace.recent.')).length"


@pytest.fixture
def session(organisation: Organisation, transactional_db: None) -> Session:
    session = make_session(make_source(organisation))
    action = make_action(session, url="/checkout/")
    make_change(action.transaction, make_relation(session.source), "I", "68", new=row("68"))
    return session


@pytest.fixture
def changes(signed_in_page: Page, live_server: LiveServer, session: Session) -> Page:
    signed_in_page.goto(f"{live_server.url}/changes/")
    return signed_in_page


def test_a_record_is_three_keys_and_a_few_letters_away(changes: Page) -> None:
    changes.keyboard.press("Control+k")
    line = changes.get_by_role("combobox", name="Find")
    expect(line).to_be_focused()
    changes.keyboard.type("order 68")
    record = changes.get_by_role("option", name="orders 68")
    expect(record).to_have_attribute("aria-selected", "true")
    expect(line).to_have_attribute("aria-activedescendant", str(record.get_attribute("id")))
    changes.keyboard.press("Enter")
    expect(changes.get_by_role("heading", level=1)).to_contain_text("public.orders 68")


@pytest.mark.long
def test_arrows_choose_and_escape_gives_the_focus_back(changes: Page) -> None:
    button = changes.get_by_role("button", name="Find")
    button.click()
    dialog = changes.get_by_role("dialog", name="Find")
    expect(dialog.get_by_role("option", name="Overview")).to_have_attribute("aria-selected", "true")
    changes.keyboard.press("ArrowUp")
    expect(dialog.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    changes.keyboard.press("ArrowDown")
    changes.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("option", name="Attention")).to_have_attribute("aria-selected", "true")
    changes.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.long
def test_commands_act_on_the_page(changes: Page) -> None:
    changes.keyboard.press("Control+k")
    changes.keyboard.type("dark")
    expect(changes.get_by_role("option", name="Theme: dark")).to_have_attribute("aria-selected", "true")
    expect(changes.get_by_role("option", name="Copy link")).to_have_count(0)
    changes.keyboard.press("Enter")
    expect(changes.locator("html")).to_have_attribute("data-theme", "dark")
    expect(changes.get_by_role("dialog")).to_have_count(0)


@pytest.mark.long
def test_what_finds_nothing_says_so(changes: Page) -> None:
    changes.keyboard.press("Control+k")
    changes.keyboard.type("nowhere to be found")
    expect(changes.get_by_role("dialog")).to_contain_text("Nothing found.")
    expect(changes.locator("#palette-status")).to_have_text("0 results")


@pytest.mark.long
def test_what_was_opened_last_comes_first_and_is_forgotten_with_the_person(
    changes: Page, live_server: LiveServer, session: Session
) -> None:
    changes.goto(f"{live_server.url}/sessions/{session.pk}/?at=a1")
    changes.goto(f"{live_server.url}/exports/")
    changes.keyboard.press("Control+k")
    recent = changes.get_by_role("group", name="Recent").get_by_role("option")
    expect(recent).to_have_count(1)
    expect(recent).to_have_attribute("href", f"/sessions/{session.pk}/")
    changes.keyboard.press("Enter")
    expect(changes).to_have_url(re.compile(rf"/sessions/{session.pk}/"))
    assert changes.evaluate(RECENT) == 1
    changes.get_by_role("button", name="Sign out").click()
    expect(changes.get_by_label("Password")).to_be_visible()
    changes.wait_for_function(f"() => {RECENT} === 0")


@pytest.mark.long
def test_another_person_does_not_see_what_was_opened(
    changes: Page, live_server: LiveServer, session: Session, manager: User
) -> None:
    changes.goto(f"{live_server.url}/sessions/{session.pk}/")
    give_session(changes.context, live_server, manager)
    changes.goto(f"{live_server.url}/exports/")
    changes.keyboard.press("Control+k")
    expect(changes.get_by_role("option", name="Overview")).to_be_visible()
    expect(changes.get_by_role("group", name="Recent")).to_have_count(0)


@pytest.mark.parametrize(
    ("scheme", "width"),
    [("dark", 390), pytest.param("light", 1280, marks=pytest.mark.long)],
)
def test_the_open_palette_is_accessible_and_fits(changes: Page, complaints: list[str], scheme: str, width: int) -> None:
    changes.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    changes.set_viewport_size({"width": width, "height": 800})
    changes.get_by_role("button", name="Find").click()
    changes.keyboard.type("ad")
    expect(changes.get_by_role("option", name="Ada Lovelace").first).to_be_visible()
    assert violations(changes, []) == []
    assert changes.evaluate("document.documentElement.scrollWidth") <= width
    complaints.clear()  # of what axe-core does to the page
