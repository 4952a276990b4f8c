"""The timeline and the audited pages as a person uses them."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Session
from statetrace_ui.web.models import Organisation
from tests.browser.conftest import settled
from tests.statetrace_ui.history.rows import (
    HOSTILE,
    NOON,
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)

PAID = "POST /orders/1/pay"
# How far what stands below moves when the text that waits is exchanged for the one that arrives, and back.
TOPS = """(arrives) => {
    const top = () => document.querySelector("[data-part=lanes]").getBoundingClientRect().top;
    const before = top(), text = arrives.textContent;
    arrives.textContent = "…";
    const waits = top();
    arrives.textContent = text;
    return [waits - before, top() - before];
}"""


@pytest.fixture
def session(organisation: Organisation, transactional_db: None) -> Session:
    """Three actions ten seconds apart, each of which updates an order."""
    session = make_session(make_source(organisation))
    orders = make_relation(session.source)
    for n in range(3):
        action = make_action(session, NOON + dt.timedelta(seconds=10 * n), url=f"/orders/{n}/pay", length_ms=2000)
        make_change(action.transaction, orders, "U", str(n), old=row(str(n)), new=row(str(n), status=f"paid {n}"))
    return session


@pytest.fixture
def timeline(signed_in_page: Page, live_server: LiveServer, session: Session) -> Page:
    """The session's page, its timeline drawn."""
    return opened(signed_in_page, f"{live_server.url}/sessions/{session.pk}/")


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    settled(page)
    return page


def press(page: Page, *keys: str) -> None:
    page.locator("[data-part=lanes]").focus()
    for key in keys:
        page.keyboard.press(key)


def view(page: Page) -> dict[str, list[str]]:
    """The address's parameters, once they say what is shown."""
    settled(page)
    return parse_qs(urlsplit(page.url).query)


def shown(page: Page) -> tuple[float, float]:
    query = view(page)
    return float(query["from"][0]), float(query["to"][0])


@pytest.mark.long
def test_keys_walk_the_spans_and_enter_explains_them(timeline: Page) -> None:
    said = timeline.locator("[data-part=said]")
    press(timeline, "ArrowDown")
    expect(said).to_have_text("POST /orders/0/pay, +0 ms · 2 s")
    press(timeline, "ArrowDown")
    expect(said).to_contain_text(PAID)
    press(timeline, "PageDown")
    expect(said).to_contain_text("orders: 1 updated")
    press(timeline, "PageUp", "Enter")
    expect(timeline.locator("#inspector")).to_contain_text("paid 1")
    expect(timeline.locator("li[data-span].selected")).to_contain_text("/orders/1/pay")


@pytest.mark.long
def test_keys_zoom_and_move_and_home_shows_all_again(timeline: Page) -> None:
    press(timeline, "+", "+")
    near = shown(timeline)
    press(timeline, "ArrowRight")
    moved = shown(timeline)
    assert moved[0] > near[0]
    assert moved[1] - moved[0] == pytest.approx(near[1] - near[0], rel=0.01)
    press(timeline, "Home")
    assert "from" not in view(timeline)


def test_the_address_restores_range_selection_and_folds(timeline: Page) -> None:
    press(timeline, "ArrowDown", "ArrowDown", "+", "Enter")
    timeline.get_by_role("button", name="Row changes").click()
    before = view(timeline)
    assert set(before) == {"from", "to", "at", "fold"}
    opened(timeline, f"{timeline.url}&other=stays")
    expect(timeline.get_by_role("button", name="Row changes")).to_have_attribute("aria-expanded", "false")
    expect(timeline.locator("#inspector")).to_contain_text("paid 1")
    press(timeline, "ArrowRight")
    after = view(timeline)
    assert after["other"] == ["stays"]
    assert (after["at"], after["fold"]) == (before["at"], before["fold"])


@pytest.mark.long
def test_what_was_captured_beside_the_session_moves_nothing_when_it_arrives(timeline: Page) -> None:
    beside = timeline.locator(".awaited dd")
    expect(beside).to_have_text("not known")
    for width in range(640, 1400, 20):
        timeline.set_viewport_size({"width": width, "height": 720})
        assert beside.evaluate(TOPS) == pytest.approx([0, 0]), f"{width} px wide"


@pytest.mark.long
def test_a_click_on_a_span_explains_it_and_dragging_with_shift_moves(timeline: Page) -> None:
    box = timeline.locator("[data-part=lanes]").bounding_box()
    assert box
    # 22 s and a margin of 1.5 % on either side: the second action stands at 10 to 12 s.
    x, y = box["x"] + box["width"] * (11 / 22 * 0.97 + 0.0146), box["y"] + 26 + 12
    timeline.mouse.move(x, y)
    expect(timeline.locator("[data-part=tip]")).to_contain_text(PAID)
    expect(timeline.locator("[data-part=clock]")).to_contain_text("14 Mar 2026, 13:00:0")
    expect(timeline.locator("[data-part=clock]")).to_contain_text("CET")
    timeline.mouse.click(x, y)
    expect(timeline.locator("#inspector")).to_contain_text("paid 1")
    press(timeline, "+", "+")
    before = shown(timeline)
    timeline.keyboard.down("Shift")
    drag(timeline, (x, y), (x - 100, y))
    timeline.keyboard.up("Shift")
    assert shown(timeline)[0] > before[0]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=3)
    page.mouse.up()


@pytest.mark.long
def test_dragging_across_lanes_measures_a_stretch_that_can_be_zoomed_to(timeline: Page) -> None:
    box = timeline.locator("[data-part=lanes]").bounding_box()
    assert box
    y = box["y"] + 40
    drag(timeline, (box["x"] + box["width"] * 0.75, y), (box["x"] + box["width"] * 0.25, y))
    measured = timeline.locator("[data-part=measure]")
    expect(measured.locator("output")).to_have_text("11.33 s")  # half of 22 s and its margins
    assert "from" not in view(timeline)
    press(timeline, "Escape")
    expect(measured).to_be_hidden()
    drag(timeline, (box["x"] + box["width"] * 0.25, y), (box["x"] + box["width"] * 0.75, y))
    measured.get_by_role("button", name="Zoom to it").click()
    expect(measured).to_be_hidden()
    start, end = shown(timeline)
    assert end - start == pytest.approx(22_000 * 1.03 / 2, rel=0.02)


@pytest.mark.long
def test_the_minimaps_brush_chooses_a_stretch(timeline: Page) -> None:
    box = timeline.locator("[data-part=minimap]").bounding_box()
    assert box
    timeline.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 10)
    timeline.mouse.down()
    timeline.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 10, steps=3)
    timeline.mouse.up()
    start, end = shown(timeline)
    assert end - start == pytest.approx(22_000 * 1.03 / 4, rel=0.02)


@pytest.mark.long
def test_the_wheel_zooms_over_the_axis_and_with_ctrl_over_the_lanes(timeline: Page) -> None:
    box = timeline.locator("[data-part=axis]").bounding_box()
    assert box
    turn_wheel(timeline, box["x"] + 200, box["y"] + 60)
    assert "from" not in view(timeline)
    timeline.evaluate("scrollTo(0, 0)")
    turn_wheel(timeline, box["x"] + 200, box["y"] + 10)
    near = shown(timeline)
    timeline.keyboard.down("Control")
    turn_wheel(timeline, box["x"] + 200, box["y"] + 60)
    timeline.keyboard.up("Control")
    assert shown(timeline)[1] - shown(timeline)[0] < near[1] - near[0]


def turn_wheel(page: Page, x: float, y: float) -> None:
    """Turn the wheel at a place, and wait until the page has heard of it."""
    page.mouse.move(x, y)
    page.evaluate("() => { window.turned = new Promise((done) => addEventListener('wheel', () => done(true))); }")
    page.mouse.wheel(0, -300)
    assert page.evaluate("window.turned")


@pytest.mark.long
def test_other_parts_of_a_page_follow_and_lead(timeline: Page) -> None:
    heard = timeline.evaluate("""() => new Promise((done) => {
        document.addEventListener('timeline:range', (event) => done(event.detail));
        document.dispatchEvent(new CustomEvent('timeline:show', {detail: {from: 1000, to: 3000}}));
    })""")
    assert heard == {"from": 1000, "to": 3000}


@pytest.mark.long
def test_the_drawing_follows_the_scheme(timeline: Page, complaints: list[str]) -> None:
    ink = """() => {
        const canvas = document.querySelector('[data-part=axis]');
        const data = canvas.getContext('2d').getImageData(0, canvas.height - 1, 1, 1).data;
        return data.slice(0, 3).reduce((a, b) => a + b) / 3;
    }"""
    light = timeline.evaluate(ink)
    assert light > 100
    timeline.emulate_media(color_scheme="dark")
    timeline.wait_for_function(f"() => ({ink})() < 100")
    complaints.clear()  # reading a canvas twice is slow, the browser says


@pytest.mark.long
def test_labels_stand_above_the_lanes_on_a_narrow_screen(timeline: Page) -> None:
    timeline.set_viewport_size({"width": 390, "height": 800})
    expect(timeline.locator(".timeline.narrow")).to_be_visible()
    lanes, root = (timeline.locator(name).bounding_box() for name in ("[data-part=lanes]", "[data-timeline]"))
    assert lanes
    assert root
    assert lanes["x"] == root["x"]
    assert timeline.evaluate("document.documentElement.scrollWidth") <= 390
    expect(timeline.get_by_role("button", name="Actions", exact=False).first).to_be_visible()


@pytest.mark.long
def test_an_action_unfolds_to_its_changes_and_leads_to_the_record(timeline: Page) -> None:
    button = timeline.locator("button[data-fold]", has_text="/orders/2/pay")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    nested = timeline.locator("li[data-span]", has_text="/orders/2/pay")
    expect(nested.locator(".diff")).to_contain_text("paid 2")
    nested.get_by_role("link", name="2", exact=True).click()
    expect(timeline.get_by_role("heading", level=1)).to_contain_text("public.orders 2")


@pytest.mark.long
def test_new_changes_appear_by_themselves_until_paused(
    signed_in_page: Page, live_server: LiveServer, session: Session
) -> None:
    page = signed_in_page
    orders = make_relation(session.source, "orders", oid=1)
    page.goto(f"{live_server.url}/changes/?group=change")
    expect(page.locator(".change")).to_have_count(3)
    make_change(make_transaction(session.source), orders, "I", HOSTILE, new=row(HOSTILE))
    expect(page.locator(".change")).to_have_count(4)
    expect(page.locator(".change").first).to_contain_text("no action")
    expect(page.get_by_role("status")).to_have_text("1 new change")
    page.get_by_role("button", name="Pause").click()
    make_change(make_transaction(session.source), orders, "D", "5", old={"id": "5"})
    shown = page.locator("#changes > .change")
    resume = page.get_by_role("button", name="Resume (1 new)")
    expect(resume).to_be_visible()
    expect(shown).to_have_count(4)
    resume.click()
    expect(shown).to_have_count(5)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    make_change(make_transaction(session.source), orders, "D", "6", old={"id": "6"})
    expect(shown).to_have_count(6)
    page.locator(".change button").first.click()
    expect(page.locator(".change").first.locator(".diff")).to_contain_text("6")


@pytest.mark.long
def test_older_sessions_are_loaded_in_place(signed_in_page: Page, live_server: LiveServer, session: Session) -> None:
    for n in range(60):
        make_session(session.source, f"older-{n}", NOON - dt.timedelta(hours=n + 1))
    signed_in_page.goto(f"{live_server.url}/sessions/")
    signed_in_page.get_by_role("link", name="Older sessions").click()
    expect(signed_in_page.locator("tbody tr")).to_have_count(61)
