"""The flame graph in a real Chromium: drawn, moved by keys and wheel, found by its address, searched, inspected."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from replica.databases.models import Replica
from statetrace_ui.web.models import Organisation
from tests.replica.generated import fill, generate

pytestmark = pytest.mark.browser
CALLS = generate(20_000)


@pytest.fixture
def flame(
    signed_in_page: Page,
    live_server: LiveServer,
    organisation: Organisation,
    store: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Page:
    """A page that shows the flame graph of 20,000 calls, completely drawn."""
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path)
    Replica.objects.create(organisation=organisation, database="replica_acme", login_role="acme", reader_url=store)
    session = uuid4()
    fill(store, session, CALLS)
    signed_in_page.goto(f"{live_server.url}/captured/{session}/flame/")
    drawn(signed_in_page)
    return signed_in_page


def drawn(page: Page) -> None:
    expect(page.locator("canvas[data-drawn=true]")).to_be_visible()


def shown(page: Page) -> tuple[int, int]:
    """The range in the address, once it stands there."""
    expect(page).to_have_url(re.compile(r"[?&]from=\d+&to=\d+"))
    page.wait_for_timeout(300)  # the address follows the view with a short delay
    found = re.search(r"from=(\d+)&to=(\d+)", page.url)
    assert found
    return int(found[1]), int(found[2])


def picture(page: Page) -> str:
    """What the canvas holds, without what the browser draws around it."""
    drawn(page)
    pixels: str = page.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")
    return pixels


def test_draws_from_a_cold_start_and_again_from_blocks(flame: Page) -> None:
    flame.reload()
    drawn(flame)
    expect(flame.locator("select[name=thread]")).to_contain_text("20,000 calls")


def test_zooms_and_pans_by_keyboard(flame: Page) -> None:
    flame.locator("canvas").focus()
    flame.keyboard.press("+")
    flame.keyboard.press("+")
    low, high = shown(flame)
    extent = int(CALLS.end.max() - CALLS.start.min())
    assert 0 < low < high < extent
    flame.keyboard.press("ArrowRight")
    flame.wait_for_timeout(300)
    moved = shown(flame)
    assert moved[0] > low
    assert moved[1] - moved[0] == pytest.approx(high - low, abs=2)
    flame.keyboard.press("Home")
    expect(flame).to_have_url(re.compile(r"/flame/$"))


def test_the_wheel_zooms_at_the_pointer(flame: Page) -> None:
    box = flame.locator("canvas").bounding_box()
    assert box
    flame.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 200)
    flame.mouse.wheel(0, -800)
    low, high = shown(flame)
    extent = int(CALLS.end.max() - CALLS.start.min())
    assert low + (high - low) * 0.25 == pytest.approx(extent * 0.25, rel=0.02)
    flame.mouse.down()
    flame.mouse.move(box["x"] + box["width"] * 0.15, box["y"] + 200, steps=4)
    flame.mouse.up()
    flame.wait_for_timeout(300)
    assert shown(flame)[0] > low


def test_the_address_brings_the_view_back(flame: Page) -> None:
    flame.locator("canvas").focus()
    for key in ("+", "+", "ArrowLeft", "Enter"):
        flame.keyboard.press(key)
    expect(flame.locator("[data-flame-call]")).to_be_visible()
    shown(flame)
    flame.mouse.move(0, 0)
    address, before = flame.url, picture(flame)
    flame.reload()
    expect(flame.locator("[data-flame-call]")).to_be_visible()
    flame.wait_for_timeout(300)
    assert flame.url == address
    assert picture(flame) == before


def test_a_click_shows_the_exact_call_and_its_callers(flame: Page) -> None:
    canvas = flame.locator("canvas")
    canvas.click(position={"x": 300, "y": 170})
    inspector = flame.locator("[data-flame-inspector]")
    expect(inspector.locator("[data-flame-call]")).to_be_visible()
    expect(inspector).to_contain_text("Signature")
    expect(flame.locator("[data-flame-live]")).to_contain_text("starts at")
    depth = int(inspector.locator("[data-flame-call]").get_attribute("data-depth") or 0)
    inspector.locator("[data-flame-go]").first.click()
    expect(inspector.locator("[data-flame-call]")).to_have_attribute("data-depth", "0")
    assert depth > 0
    canvas.focus()
    flame.keyboard.press("Shift+ArrowDown")
    expect(inspector.locator("[data-flame-call]")).to_have_attribute("data-depth", "1")
    flame.keyboard.press("Escape")
    expect(inspector).to_contain_text("Select a call")


def test_search_counts_and_highlights(flame: Page) -> None:
    before = picture(flame)
    flame.locator("canvas").focus()
    flame.keyboard.press("/")
    flame.keyboard.type("STEP7")
    expect(flame.locator("[data-flame-found]")).to_contain_text("calls, ")
    assert picture(flame) != before
    flame.keyboard.press("Escape")
    expect(flame.locator("[data-flame-found]")).to_be_empty()
    expect(flame.locator("canvas")).to_be_focused()


def test_left_heavy_merges_and_focuses(flame: Page) -> None:
    before = picture(flame)
    flame.get_by_role("button", name="Left heavy").click()
    expect(flame).to_have_url(re.compile("mode=heavy"))
    assert picture(flame) != before
    canvas = flame.locator("canvas")
    canvas.click(position={"x": 20, "y": 30})
    expect(flame.locator("[data-flame-inspector]")).to_contain_text("Mean")
    flame.keyboard.press("Enter")
    expect(flame).to_have_url(re.compile(r"focus=\d+"))
    expect(flame.locator("[data-flame-focus] button")).to_have_count(2)
    flame.reload()
    drawn(flame)
    flame.get_by_role("button", name="Whole thread").click()
    expect(flame.locator("[data-flame-focus]")).to_be_hidden()
    flame.get_by_role("button", name="CPU").click()
    expect(flame).to_have_url(re.compile("weight=cpu"))
    drawn(flame)


def test_back_steps_out_of_jumps_but_not_through_every_move(flame: Page) -> None:
    flame.locator("canvas").focus()
    flame.keyboard.press("+")
    moved = shown(flame)
    before = picture(flame)
    flame.get_by_role("button", name="Left heavy").click()
    drawn(flame)
    flame.locator("canvas").click(position={"x": 20, "y": 30})
    expect(flame.locator("[data-flame-inspector]")).to_contain_text("Mean")
    flame.keyboard.press("Enter")
    expect(flame.locator("[data-flame-focus] button")).to_have_count(2)
    flame.go_back()
    expect(flame.locator("[data-flame-focus]")).to_be_hidden()
    expect(flame).to_have_url(re.compile("mode=heavy"))
    flame.go_back()
    expect(flame.get_by_role("button", name="Time order")).to_have_attribute("aria-pressed", "true")
    assert shown(flame) == moved
    flame.mouse.move(0, 0)
    assert picture(flame) == before
    flame.go_forward()
    expect(flame).to_have_url(re.compile("mode=heavy"))
    drawn(flame)


def test_the_pointer_is_told_what_it_is_on(flame: Page) -> None:
    flame.locator("canvas").hover(position={"x": 300, "y": 78})
    expect(flame.locator("[data-flame-tip]")).to_be_visible()
    expect(flame.locator("[data-flame-tip]")).to_contain_text(re.compile("µs|ms"))


def test_keys_are_listed(flame: Page) -> None:
    flame.keyboard.press("?")
    expect(flame.locator("#keys")).to_contain_text("Zoom to the selected call")
