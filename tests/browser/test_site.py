"""What every page has: keys, the theme, links to copy, filters, what is open after a reload."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Session
from statetrace_ui.web.models import Organisation
from tests.browser.conftest import settled
from tests.statetrace_ui.history.rows import make_action, make_change, make_relation, make_session, make_source, row


@pytest.fixture
def session(organisation: Organisation, transactional_db: None) -> Session:
    session = make_session(make_source(organisation))
    action = make_action(session)
    make_change(action.transaction, make_relation(session.source), "U", old=row(), new=row(status="paid"))
    return session


@pytest.fixture
def changes(signed_in_page: Page, live_server: LiveServer, session: Session) -> Page:
    signed_in_page.goto(f"{live_server.url}/changes/")
    return signed_in_page


@pytest.mark.long
def test_a_letter_alone_goes_nowhere_in_the_pages_first_second(
    signed_in_page: Page, live_server: LiveServer, session: Session
) -> None:
    signed_in_page.add_init_script("performance.now = () => 300")
    signed_in_page.goto(f"{live_server.url}/changes/")
    signed_in_page.keyboard.press("f")
    signed_in_page.keyboard.press("/")
    expect(signed_in_page.get_by_role("combobox", name="Ask")).to_be_focused()
    expect(signed_in_page).to_have_url(re.compile("/changes/$"))


def test_the_keys_have_a_button_and_are_those_of_the_page(changes: Page, live_server: LiveServer) -> None:
    changes.get_by_role("button", name="Keys").click()
    dialog = changes.get_by_role("dialog")
    expect(dialog).to_contain_text("Search or filter")
    expect(dialog).to_contain_text("Next and previous row")
    changes.keyboard.press("Escape")
    expect(changes.get_by_role("button", name="Keys")).to_be_focused()
    changes.goto(f"{live_server.url}/exports/connection/")
    changes.keyboard.press("?")
    expect(dialog).to_contain_text("This list")
    expect(dialog.get_by_text("Search or filter")).to_be_hidden()


@pytest.mark.long
def test_the_theme_is_shown_at_once_and_from_the_first_paint_of_the_next_page(changes: Page) -> None:
    changes.emulate_media(color_scheme="light")
    light = changes.evaluate("getComputedStyle(document.body).color")
    changes.get_by_label("Theme").select_option("Dark")
    changes.wait_for_function("light => getComputedStyle(document.body).color !== light", arg=light)
    answer = changes.reload()
    assert answer
    assert '<html lang="en" data-theme="dark">' in answer.text()
    assert changes.evaluate("getComputedStyle(document.body).color") != light
    expect(changes.get_by_label("Theme")).to_have_value("dark")
    changes.get_by_label("Theme").select_option("System theme")
    changes.wait_for_function("light => getComputedStyle(document.body).color === light", arg=light)


@pytest.mark.long
def test_drawings_follow_the_chosen_theme(
    signed_in_page: Page, live_server: LiveServer, session: Session, complaints: list[str]
) -> None:
    page = signed_in_page
    page.emulate_media(color_scheme="light")
    page.goto(f"{live_server.url}/sessions/{session.pk}/")
    settled(page)
    ink = """() => {
        const canvas = document.querySelector('[data-part=axis]');
        const data = canvas.getContext('2d').getImageData(0, canvas.height - 1, 1, 1).data;
        return data.slice(0, 3).reduce((a, b) => a + b) / 3;
    }"""
    assert page.evaluate(ink) > 100
    page.get_by_label("Theme").select_option("Dark")
    page.wait_for_function(f"() => ({ink})() < 100")
    complaints.clear()  # reading a canvas twice is slow, the browser says


@pytest.mark.long
def test_the_address_of_what_is_shown_can_be_copied(
    signed_in_page: Page, live_server: LiveServer, session: Session
) -> None:
    page = signed_in_page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{live_server.url}/sessions/{session.pk}/")
    settled(page)
    page.locator("[data-part=lanes]").press("ArrowDown")
    settled(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#toast")).to_have_text("Link copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    assert "at=a" in copied


@pytest.mark.long
def test_filters_become_the_line_and_leave_no_empty_parameters_in_the_address(changes: Page) -> None:
    changes.get_by_text("Filters").click()
    changes.get_by_label("Kind").select_option("Updated")
    changes.get_by_role("button", name="Apply").click()
    expect(changes).to_have_url(re.compile(r"/changes/\?q=kind%3Aupdate$"))
    expect(changes.get_by_role("combobox", name="Ask")).to_have_value("kind:update")
    changes.get_by_role("button", name="Ask").click()
    expect(changes).to_have_url(re.compile(r"/changes/\?q=kind%3Aupdate$"))


@pytest.mark.long
def test_what_is_open_is_open_after_a_reload(changes: Page) -> None:
    button = changes.locator(".change button").first
    button.click()
    expect(changes.locator(".change .diff")).to_contain_text("paid")
    expect(changes).to_have_url(re.compile(r"open=change-\d+"))
    changes.reload()
    expect(changes.locator(".change .diff")).to_contain_text("paid")
    button.click()
    expect(changes).not_to_have_url(re.compile("open="))


def test_on_a_narrow_screen_places_stand_in_one_line_that_scrolls(
    signed_in_page: Page, live_server: LiveServer
) -> None:
    page = signed_in_page
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{live_server.url}/people/")
    rail = page.get_by_role("navigation", name="Main")
    assert rail.evaluate("rail => rail.offsetHeight") < 60
    expect(rail.get_by_role("link", name="People")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("Sign out", "Find"):
        button = rail.get_by_role("button", name=name)
        button.focus()
        expect(button).to_be_in_viewport(ratio=1)
