"""The flame graph in a real Chromium: drawn, moved by keys and wheel, found by its address, searched, inspected."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from replica.databases.models import Replica
from statetrace_ui.web.models import Organisation
from tests.browser.conftest import settled
from tests.replica.generated import Generated, fill, generate

pytestmark = pytest.mark.browser
ORIGIN = 250_000  # µs between the session's start and the first call


def generated() -> Generated:
    calls = generate(20_000)
    late = ORIGIN - calls.start.min()
    return replace(calls, start=calls.start + late, end=calls.end + late)


CALLS = generated()
EXTENT = int(CALLS.end.max()) - ORIGIN


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
    Replica.objects.create(
        organisation=organisation, database="replica_acme", login_role="acme", reader_url=store, owner_url=store
    )
    session = uuid4()
    fill(store, session, CALLS)
    signed_in_page.goto(f"{live_server.url}/captured/{session}/flame/")
    settled(signed_in_page)
    return signed_in_page


def shown(page: Page) -> tuple[float, float]:
    """The range in the address, in µs since the first call."""
    settled(page)
    query = parse_qs(urlsplit(page.url).query)
    low, high = (float(query[name][0]) * 1000 - ORIGIN for name in ("from", "to"))
    return low, high


def picture(page: Page) -> str:
    """What the canvas holds, without what the browser draws around it."""
    settled(page)
    pixels: str = page.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")
    return pixels


def test_draws_from_a_cold_start_and_again_from_blocks(flame: Page) -> None:
    flame.reload()
    settled(flame)
    expect(flame.locator("select[name=thread]")).to_contain_text("20,000 calls")


@pytest.mark.long
def test_zooms_and_pans_by_keyboard(flame: Page) -> None:
    flame.locator("canvas").focus()
    flame.keyboard.press("+")
    flame.keyboard.press("+")
    low, high = shown(flame)
    assert 0 < low < high < EXTENT
    flame.keyboard.press("ArrowRight")
    moved = shown(flame)
    assert moved[0] > low
    assert moved[1] - moved[0] == pytest.approx(high - low, abs=2)
    flame.keyboard.press("Home")
    expect(flame).to_have_url(re.compile(r"/flame/$"))


@pytest.mark.long
@pytest.mark.parametrize(("key", "y"), [("Control", 200), (None, 20)], ids=["over rows with Ctrl", "over the overview"])
def test_the_wheel_zooms_at_the_pointer(flame: Page, key: str | None, y: int) -> None:
    box = flame.locator("canvas").bounding_box()
    assert box
    flame.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + y)
    if key:
        flame.keyboard.down(key)
    flame.mouse.wheel(0, -800)
    low, high = shown(flame)
    assert low + (high - low) * 0.25 == pytest.approx(EXTENT * 0.25, rel=0.02)


@pytest.mark.long
def test_dragging_measures_and_with_shift_moves(flame: Page) -> None:
    box = flame.locator("canvas").bounding_box()
    assert box
    y = box["y"] + 200
    drag(flame, box["x"] + box["width"] * 0.25, box["x"] + box["width"] * 0.75, y)
    measured = flame.locator("[data-flame-measure]")
    expect(measured.locator("output")).to_contain_text("ms")
    assert "from=" not in flame.url
    measured.get_by_role("button", name="Zoom to it").click()
    expect(measured).to_be_hidden()
    low, high = shown(flame)
    assert (low, high) == pytest.approx((EXTENT * 0.25, EXTENT * 0.75), rel=0.02)
    flame.keyboard.down("Shift")
    drag(flame, box["x"] + box["width"] * 0.25, box["x"] + box["width"] * 0.15, y)
    assert shown(flame)[0] > low


def drag(page: Page, start: float, end: float, y: float) -> None:
    page.mouse.move(start, y)
    page.mouse.down()
    page.mouse.move(end, y, steps=4)
    page.mouse.up()


@pytest.mark.long
def test_the_address_brings_the_view_back(flame: Page) -> None:
    flame.locator("canvas").focus()
    for key in ("+", "+", "ArrowLeft", "Enter"):
        flame.keyboard.press(key)
    expect(flame.locator("[data-flame-call]")).to_be_visible()
    settled(flame)
    flame.mouse.move(0, 0)
    address, before = flame.url, picture(flame)
    flame.reload()
    expect(flame.locator("[data-flame-call]")).to_be_visible()
    settled(flame)
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


@pytest.mark.long
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


@pytest.mark.long
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
    settled(flame)
    canvas.click(position={"x": 20, "y": 30})
    expect(flame).to_have_url(re.compile(r"node=\d+"))
    explained = flame.locator("[data-flame-inspector]").inner_text()
    flame.reload()
    settled(flame)
    expect(flame.locator("[data-flame-inspector]")).to_have_text(explained, use_inner_text=True)
    flame.get_by_role("button", name="Whole thread").click()
    expect(flame.locator("[data-flame-focus]")).to_be_hidden()
    flame.get_by_role("button", name="CPU").click()
    expect(flame).to_have_url(re.compile("weight=cpu"))
    settled(flame)


@pytest.mark.long
def test_a_table_leads_to_a_methods_callers_and_callees(flame: Page) -> None:
    flame.get_by_role("button", name="Table").click()
    table = flame.locator(".flame-methods")
    table.get_by_role("button", name="Calls").click()
    expect(table.locator("th[aria-sort=descending]")).to_have_text("Calls")
    flame.locator("input[name=q]").fill("Worker4.step9")
    expect(table.locator("tbody tr")).to_have_count(1)
    expect(flame).to_have_url(re.compile("mode=table.*sort=calls|sort=calls.*mode=table"))
    table.get_by_role("button", name="Worker4.step9", exact=False).first.click()
    expect(flame).to_have_url(re.compile(r"mode=sandwich.*method=\d+"))
    flame.locator("input[name=q]").fill("")
    expect(flame.locator("[data-flame-legend]")).to_contain_text("Worker4.step9: what called it")
    before = picture(flame)
    flame.reload()
    assert picture(flame) == before
    flame.go_back()
    expect(table.locator("tbody tr").first).to_be_visible()


@pytest.mark.long
def test_what_narrows_the_calls_is_told_and_taken_back(flame: Page) -> None:
    flame.goto(f"{flame.url}?mode=heavy&from=300.000&to=350.000")
    before = picture(flame)
    flame.locator("canvas").click(position={"x": 20, "y": 30})
    flame.locator("[data-flame-inspector]").get_by_role("button", name="Exclude").click()
    chips = flame.locator("[data-flame-chips] button")
    expect(chips).to_have_count(2)
    expect(chips.last).to_contain_text("Without Worker")
    assert picture(flame) != before
    chips.last.click()
    expect(chips).to_have_count(1)
    flame.mouse.move(0, 0)
    assert picture(flame) == before
    expect(chips).to_have_text("300 ms to 350 ms (50 ms)")
    chips.click()
    expect(chips).to_have_count(0)
    settled(flame)
    assert "from=" not in flame.url


@pytest.mark.long
def test_a_search_is_stepped_through_match_by_match(flame: Page) -> None:
    flame.locator("input[name=q]").fill("step7")
    expect(flame.locator("[data-flame-found]")).to_contain_text("calls, ")
    heading = flame.locator("[data-flame-inspector] h2")
    starts = []
    for _ in range(2):
        flame.get_by_role("button", name="Next match").click()
        expect(heading).to_contain_text("step7")
        settled(flame)
        starts.append(parse_qs(urlsplit(flame.url).query)["call"][0])
    assert starts[0] != starts[1]
    flame.get_by_role("button", name="Previous match").click()
    expect(flame).to_have_url(re.compile(re.escape(starts[0].replace(":", "%3A"))))


@pytest.mark.long
def test_a_thread_lane_leads_to_the_call_that_ran_at_the_same_range(flame: Page) -> None:
    tab(flame, "Timeline")
    lanes = flame.locator("[data-part=lanes]")
    lanes.focus()
    flame.keyboard.press("+")
    before = shown(flame)
    flame.keyboard.press("ArrowDown")
    flame.keyboard.press("Enter")
    flame.wait_for_url("**/flame/?**")
    expect(flame.locator("[data-flame-call]")).to_be_visible()
    assert shown(flame) == (0, before[1])  # the profile begins later than what the timeline shows
    flame.go_back()
    settled(flame)
    expect(flame.locator("[data-timeline]")).to_be_visible()


@pytest.mark.long
def test_back_steps_out_of_jumps_but_not_through_every_move(flame: Page) -> None:
    flame.locator("canvas").focus()
    flame.keyboard.press("+")
    moved = shown(flame)
    before = picture(flame)
    flame.get_by_role("button", name="Left heavy").click()
    settled(flame)
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
    settled(flame)


@pytest.mark.long
def test_the_pointer_is_told_what_it_is_on(flame: Page) -> None:
    flame.locator("canvas").hover(position={"x": 300, "y": 78})
    expect(flame.locator("[data-flame-tip]")).to_be_visible()
    expect(flame.locator("[data-flame-tip]")).to_contain_text(re.compile("µs|ms"))


@pytest.mark.long
def test_keys_are_listed(flame: Page) -> None:
    flame.keyboard.press("?")
    expect(flame.locator("#keys")).to_contain_text("Zoom to the selected call")


def tab(page: Page, name: str) -> None:
    page.locator(".tabs").get_by_role("link", name=name).click()
    expect(page.locator(".tabs [aria-current]")).to_have_text(name)
    settled(page)


@pytest.mark.long
def test_a_moment_is_carried_from_tab_to_tab(flame: Page) -> None:
    tab(flame, "Timeline")
    flame.locator("[data-part=lanes]").focus()
    for key in ("+", "+", "+"):
        flame.keyboard.press(key)
    on_timeline = shown(flame)
    tab(flame, "Flame graph")
    assert shown(flame) == on_timeline
    assert flame.locator("[data-flame-notice]").is_hidden()
    flame.locator("canvas").press("+")
    on_flame = shown(flame)
    assert on_timeline[0] < on_flame[0] < on_flame[1] < on_timeline[1]
    flame.get_by_role("button", name="Left heavy").click()
    assert shown(flame) == on_flame
    flame.get_by_role("button", name="Time order").click()
    assert shown(flame) == on_flame
    tab(flame, "Timeline")
    assert shown(flame) == on_flame
    flame.locator("[data-part=lanes]").press("Home")
    settled(flame)
    tab(flame, "Flame graph")
    assert "from=" not in flame.url


@pytest.mark.long
@pytest.mark.parametrize("key", ["Timeline", "Flame graph"])
def test_a_reload_shows_the_moment_of_the_address(flame: Page, key: str) -> None:
    tab(flame, key)
    address = f"{flame.url}?from=300.000&to=350.000"
    flame.goto(address)
    settled(flame)
    flame.locator("canvas").last.press("ArrowRight")
    low, high = shown(flame)
    assert (low, high) == (50_000 + 7500, 100_000 + 7500)


@pytest.mark.long
def test_an_old_address_is_read_as_what_it_meant(flame: Page) -> None:
    flame.goto(f"{flame.url}?from=50000&to=100000")
    assert shown(flame) == (50_000, 100_000)
    assert flame.locator("[data-flame-notice]").is_hidden()


@pytest.mark.long
def test_an_address_that_may_be_old_is_read_as_milliseconds_and_says_so(flame: Page) -> None:
    flame.goto(f"{flame.url}?from=300&to=400&q=step7")
    assert shown(flame) == (50_000, 150_000)
    notice = flame.locator("[data-flame-notice]")
    expect(notice).to_contain_text("read as milliseconds of the session: 300 ms to 400 ms")
    notice.get_by_role("link", name="Read it as microseconds").click()
    flame.wait_for_url("**from=250.300*")
    assert shown(flame) == pytest.approx((300, 400))
    assert "q=step7" in flame.url
    expect(notice).to_be_hidden()


@pytest.mark.long
def test_a_moment_without_calls_shows_all_and_says_so(flame: Page) -> None:
    flame.goto(f"{flame.url}?from=10.000&to=20.000")
    settled(flame)
    expect(flame.locator("[data-flame-notice]")).to_contain_text("no calls from 10 ms to 20 ms: it runs from 250 ms to")
    flame.locator("canvas").press("+")
    low, high = shown(flame)
    assert high - low == pytest.approx(EXTENT / 1.6, rel=0.01)
    expect(flame.locator("[data-flame-notice]")).to_be_hidden()


@pytest.mark.long
def test_the_overviews_brush_moves_the_view(flame: Page) -> None:
    canvas = flame.locator("canvas")
    box = canvas.bounding_box()
    assert box
    flame.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    flame.mouse.down()
    flame.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 20, steps=3)
    flame.mouse.up()
    low, high = shown(flame)
    assert (low, high) == pytest.approx((EXTENT * 0.5, EXTENT * 0.75), rel=0.02)
    canvas.dblclick(position={"x": 10, "y": 20})
    settled(flame)
    assert "from=" not in flame.url


@pytest.mark.long
def test_two_sessions_are_compared_in_one_picture(flame: Page, store: str) -> None:
    other = uuid4()
    fill(store, other, replace(CALLS, end=CALLS.end + (CALLS.parent < 0) * 5))
    with psycopg.connect(store) as connection:
        connection.execute("INSERT INTO user_flow VALUES (%s, 'Generated', NULL, '2026-01-01')", [str(UUID(int=1))])
    flame.get_by_role("link", name="Compare").click()
    flame.locator(".diff-others a").click()
    settled(flame)
    expect(flame.locator("[data-flame-legend]")).to_contain_text("more self time")
    rows = flame.locator("[data-flame-table] tbody tr")
    expect(rows.first.locator(".slower").first).to_contain_text("+")
    beside = [flame.locator(part).bounding_box() for part in (".diff-graph", ".diff-table")]
    assert beside[0]
    assert beside[1]
    assert beside[0]["x"] + beside[0]["width"] <= beside[1]["x"]
    before = picture(flame)
    flame.get_by_role("button", name="Share").click()
    expect(rows.first).to_contain_text("%")
    expect(flame).to_have_url(re.compile("scale=share"))
    assert picture(flame) != before
    flame.locator("canvas").click(position={"x": 60, "y": 40})
    expect(flame.locator("[data-flame-inspector] table")).to_contain_text("Change")
    explained = flame.locator("[data-flame-inspector]").inner_text()
    settled(flame)
    flame.reload()
    settled(flame)
    expect(flame.locator("[data-flame-inspector]")).to_have_text(explained, use_inner_text=True)
    flame.get_by_role("link", name="Swap").click()
    flame.wait_for_url(f"**/compare/flame/?*base=session%3A{other}*")
    settled(flame)


@pytest.mark.long
def test_every_module_that_is_loaded_is_preloaded(flame: Page) -> None:
    flame.reload()
    settled(flame)
    loaded = flame.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    preloads = flame.locator("link[rel=modulepreload]").evaluate_all("links => links.map((link) => link.href)")
    scripts = flame.locator("script[type=module]").evaluate_all("scripts => scripts.map((script) => script.src)")
    ours = {address for address in loaded if "/static/js/" in address}
    assert len(ours) > 30
    assert ours == set(preloads) | set(scripts)
