"""The first ten minutes in a browser: files are dropped on the page, lights go on by themselves, pages explain."""

import json

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from replica.exports.models import UserFlowExport
from statetrace_ui.demo.recordings import FOLDER
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_action, make_session, make_source

pytestmark = pytest.mark.browser
HAR = (FOLDER / "fast-1" / "session.har").read_text()
# A file as a person drags it onto the page: DataTransfer is what browsers make of it.
DROP = """([name, text]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([text], name));
    const where = document.querySelector('main');
    for (const kind of ['dragover', 'drop'])
        where.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def first_steps(manager_page: Page, live_server: LiveServer, store: str) -> Page:
    manager_page.goto(f"{live_server.url}/start/")
    return manager_page


def test_a_dropped_recording_is_imported_in_place(first_steps: Page, organisation: Organisation) -> None:
    first_steps.evaluate(DROP, ["my shop.har", HAR])
    expect(first_steps.locator("#imported")).to_contain_text("1 session imported", timeout=15_000)
    expect(first_steps.locator("#tick-import.done")).to_be_visible(timeout=10_000)
    assert UserFlowExport.objects.get(organisation=organisation).name == "First recording"


@pytest.mark.long
def test_what_is_no_recording_is_said_in_place(first_steps: Page, complaints: list[str]) -> None:
    first_steps.evaluate(DROP, ["notes.har", json.dumps({"notes": []})])
    expect(first_steps.locator("#imported [role=alert]")).to_contain_text("notes.har")
    complaints.clear()  # the browser tells of the status 422


@pytest.mark.long
def test_files_that_are_too_large_are_not_sent(first_steps: Page) -> None:
    first_steps.evaluate("document.querySelector('[data-drop]').dataset.mostMib = '0.01'")
    first_steps.evaluate(DROP, ["large.har", HAR])
    problem = first_steps.locator("#drop-files").evaluate("field => field.validationMessage")
    assert "larger than 0.01 MiB" in problem
    expect(first_steps.locator("#imported")).to_be_empty()


@pytest.mark.long
def test_the_light_goes_on_when_something_is_seen(first_steps: Page, organisation: Organisation) -> None:
    source = make_source(organisation, status="streaming")
    expect(first_steps.locator("#tick-connect.done")).to_be_attached(timeout=10_000)
    first_steps.get_by_text("Say who is behind each change").click()
    make_action(make_session(source, actor_full_name="Mei Tanaka"), timezone.now(), url="/hello")
    expect(first_steps.locator("#seen")).to_contain_text("by Mei Tanaka", timeout=10_000)
    expect(first_steps.locator("#steps-taken")).to_have_text("2 of 5 taken")


@pytest.mark.long
def test_a_snippet_is_copied(first_steps: Page) -> None:
    first_steps.get_by_text("Say who is behind each change").click()
    first_steps.get_by_role("button", name="Copy: Django").click()
    expect(first_steps.get_by_role("status").filter(has_text="Copied")).to_be_visible()


def test_the_documentation_is_searched_from_the_keyboard(signed_in_page: Page, live_server: LiveServer) -> None:
    signed_in_page.goto(f"{live_server.url}/changes/")
    signed_in_page.get_by_role("link", name="Help: Asking the history").click()
    expect(signed_in_page.get_by_role("heading", level=1)).to_have_text("Asking the history")
    signed_in_page.keyboard.press("/")
    signed_in_page.keyboard.type("rotation password")
    signed_in_page.keyboard.press("Enter")
    signed_in_page.locator(".docs-found li a").first.click()
    expect(signed_in_page.locator("main h2:target, main h3:target").first).to_be_in_viewport()


@pytest.mark.long
def test_the_palette_finds_the_documentation(signed_in_page: Page, live_server: LiveServer) -> None:
    signed_in_page.goto(live_server.url)
    signed_in_page.keyboard.press("Control+k")
    signed_in_page.keyboard.type("replica identity")
    signed_in_page.get_by_role("group", name="Documentation").get_by_role("option").first.click()
    expect(signed_in_page.locator(".docs-page")).to_be_visible()


HIDE = """hidden => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.mark.long
def test_lights_rest_while_nobody_sees_them(first_steps: Page) -> None:
    asked: list[str] = []
    first_steps.on("request", lambda request: asked.append(request.url) if "/lights/" in request.url else None)
    first_steps.evaluate(HIDE, True)
    first_steps.wait_for_timeout(4000)
    assert asked == []
    first_steps.evaluate(HIDE, False)
    with first_steps.expect_request("**/start/lights/"):
        pass


def test_escape_leaves_the_tour_and_closes_what_is_open_first(
    manager_page: Page, live_server: LiveServer, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statetrace_ui.start.templatetags.start.is_offered", lambda _: True)
    manager_page.goto(f"{live_server.url}/?tour=begin")
    told = manager_page.locator(".tour")
    expect(told).to_be_visible()
    manager_page.keyboard.press("?")
    expect(manager_page.locator("#keys")).to_be_visible()
    manager_page.keyboard.press("Escape")
    expect(manager_page.locator("#keys")).to_be_hidden()
    expect(told).to_be_visible()
    manager_page.keyboard.press("Escape")
    expect(told).to_have_count(0)
