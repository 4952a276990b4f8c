"""The captured side in a real browser: timeline, label durations, time series; nothing may violate the policy."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.web.models import Organisation
from tests.browser.conftest import settled
from tests.replica.captured import FLOW, FULL, HOSTILE_SESSION, Captured
from tests.statetrace_ui.history.rows import make_action, make_change, make_relation, make_session, make_source, row

SESSION = reverse("replica:session", args=[FULL])
SERIES = reverse("replica:series", args=[FULL]) + "?series=memory_used&series=net_cpu"
LABELS = reverse("replica:labels", args=[FULL])
BEGIN = dt.datetime(2026, 3, 1, 10, 0, 2, tzinfo=dt.UTC)  # within the captured session
LOOK = """part => {
    const { listStyleType, minWidth, overflowY, fontFamily, paddingLeft } = getComputedStyle(part);
    return { listStyle: listStyleType, minWidth, overflow: overflowY, fontFamily, paddingLeft };
}"""


@pytest.fixture
def captured_page(signed_in_page: Page, captured_replica: Captured) -> Page:
    return signed_in_page


def chart(page: Page, name: str) -> Locator:
    drawn = page.locator(f"#{name}-chart .main-svg").first
    expect(drawn).to_be_visible()
    return page.locator(f"#{name}-chart")


def middle(of: Locator) -> tuple[float, float]:
    """Plotly's own layers lie over what it draws, so the mouse goes by position."""
    box = of.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag_across(page: Page, plot: Locator, start: float, end: float) -> None:
    """Drag over the plot from one fraction of its width to another."""
    box = plot.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y, steps=4)
    page.mouse.move(box["x"] + box["width"] * end, y, steps=4)
    page.mouse.up()


def test_from_the_flows_to_a_session_and_its_views(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.goto(live_server.url + reverse("replica:flows"))
    captured_page.get_by_role("link", name="Buy a lamp").click()
    chart(captured_page, "trend")
    captured_page.get_by_role("link", name="Run 1", exact=True).click()
    expect(captured_page.locator("[data-timeline][data-started]")).to_be_visible()
    for tab in ("Label durations", "Time series", "Network"):
        captured_page.locator(".tabs").get_by_role("link", name=tab).click()
        expect(captured_page.locator(".tabs [aria-current]")).to_have_text(tab)


@pytest.mark.long
def test_a_span_is_explained_without_leaving_the_timeline(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.goto(live_server.url + SESSION)
    captured_page.locator("[data-part=lanes]").focus()
    captured_page.keyboard.press("ArrowDown")
    captured_page.keyboard.press("Enter")
    expect(captured_page.locator("#inspector h2")).to_be_visible()


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.long), 390])
def test_what_is_selected_can_be_closed_by_mouse_and_keyboard(
    captured_page: Page, live_server: LiveServer, width: int
) -> None:
    captured_page.set_viewport_size({"width": width, "height": 800})
    captured_page.goto(live_server.url + reverse("replica:network", args=[FULL]))
    drawer = captured_page.locator("[data-drawer]")
    expect(drawer).to_be_hidden()
    link = captured_page.get_by_role("link", name="/lamps")
    link.click()
    expect(drawer.get_by_role("heading", level=2)).to_be_in_viewport()
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_be_hidden()
    expect(link).to_be_focused()
    link.press("Enter")
    expect(drawer).to_be_visible()
    captured_page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


@pytest.mark.long
def test_the_drawer_does_not_lie_over_what_it_explains(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.set_viewport_size({"width": 1280, "height": 600})
    captured_page.goto(live_server.url + SESSION)
    settled(captured_page)
    lanes = captured_page.locator("[data-part=lanes]")
    for key in ("ArrowDown", *["PageDown"] * 8, "Enter"):
        lanes.press(key)
    drawer = captured_page.locator("[data-drawer]")
    expect(drawer.get_by_role("heading", level=2)).to_have_text("Thread 2")
    lane = captured_page.locator(".timeline-lane", has_text="Thread 2").bounding_box()
    over = drawer.bounding_box()
    assert lane
    assert over
    assert lane["y"] + lane["height"] <= over["y"] + 1


@pytest.mark.long
def test_the_flame_graph_of_a_thread_opens_at_the_range_that_is_shown(
    captured_page: Page, live_server: LiveServer
) -> None:
    captured_page.goto(f"{live_server.url}{SESSION}?from=1000.000&to=3000.000")
    settled(captured_page)
    lanes = captured_page.locator("[data-part=lanes]")
    for key in ("ArrowDown", *["PageDown"] * 8, "Enter"):
        lanes.press(key)
    link = captured_page.get_by_role("link", name="Flame graph of this thread")
    expect(link).to_have_attribute("href", re.compile(r"process=\d+&thread=\d+&from=[\d.]+&to=[\d.]+$"))


@pytest.mark.long
def test_the_selected_exchange_stands_in_the_address_and_comes_back(
    captured_page: Page, live_server: LiveServer
) -> None:
    captured_page.goto(live_server.url + reverse("replica:network", args=[FULL]))
    captured_page.get_by_role("link", name="/lamps").click()
    expect(captured_page).to_have_url(re.compile(r"\?at=1$"))
    captured_page.reload()
    drawer = captured_page.locator("[data-drawer]")
    expect(drawer.get_by_role("heading", level=2)).to_have_text("/lamps?page=2")
    expect(captured_page.locator("tr.selected")).to_contain_text("/lamps")
    captured_page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(captured_page).not_to_have_url(re.compile("at="))


@pytest.mark.long
def test_curves_come_after_the_page(captured_page: Page, live_server: LiveServer) -> None:
    with captured_page.expect_response(lambda answer: "/series/outlines/" in answer.url):
        captured_page.goto(live_server.url + SESSION)
    lanes = captured_page.locator(".timeline-lane")
    expect(lanes.filter(has_text="Memory used").locator("small")).to_contain_text("900 MiB")
    expect(lanes.filter(has_text="Empty").locator("small")).to_have_text("no values")


@pytest.mark.long
def test_a_zoom_reads_the_range_anew(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.goto(live_server.url + SERIES)
    plot = chart(captured_page, "series").locator(".nsewdrag").first
    expect(captured_page.locator("#readout")).to_contain_text("of 10,000 drawn")
    with captured_page.expect_response(lambda answer: "/series/data/" in answer.url):
        drag_across(captured_page, plot, 0.3, 0.5)
    expect(captured_page.locator("#readout")).not_to_contain_text("of 10,000 drawn")
    expect(captured_page.locator("#readout")).to_contain_text("900")
    assert "&from=" in captured_page.url
    shown = captured_page.get_by_label("From (ms)").input_value()
    assert f"from={float(shown):.3f}" in captured_page.url
    assert "series=memory_used&series=net_cpu" in captured_page.url
    with captured_page.expect_response(lambda answer: "/series/data/" in answer.url):
        captured_page.mouse.dblclick(*middle(plot))
    expect(captured_page.locator("#readout")).to_contain_text("of 10,000 drawn")
    assert "from=" not in captured_page.url
    expect(captured_page.get_by_label("From (ms)")).to_have_value("")


@pytest.mark.long
def test_a_zoomed_range_is_carried_to_the_other_tabs(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.goto(live_server.url + SERIES)
    plot = chart(captured_page, "series").locator(".nsewdrag").first
    with captured_page.expect_response(lambda answer: "/series/data/" in answer.url):
        drag_across(captured_page, plot, 0.3, 0.5)
    captured_page.wait_for_url("**&from=*")
    zoomed = captured_page.url.partition("&from=")[2]
    captured_page.locator(".tabs").get_by_role("link", name="Network").click()
    expect(captured_page).to_have_url(re.compile(rf"/network/\?from={re.escape(zoomed)}$"))
    captured_page.locator(".tabs").get_by_role("link", name="Timeline").click()
    expect(captured_page).to_have_url(re.compile(rf"\?from={re.escape(zoomed)}$"))
    settled(captured_page)
    captured_page.locator("[data-part=lanes]").press("Home")
    settled(captured_page)
    captured_page.locator(".tabs").get_by_role("link", name="Time series").click()
    expect(captured_page).to_have_url(re.compile(r"/series/$"))


@pytest.mark.long
def test_a_range_can_be_set_by_keyboard(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.goto(live_server.url + SERIES)
    captured_page.get_by_label("From (ms)").fill("4000")
    captured_page.get_by_label("To (ms)").fill("5000")
    captured_page.keyboard.press("Enter")
    captured_page.wait_for_url("**from=4000*")
    expect(captured_page.locator("#readout")).to_contain_text("1,001")


@pytest.mark.long
def test_hovering_and_the_mode_bar_break_no_policy(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.goto(live_server.url + SERIES)
    drawn = chart(captured_page, "series")
    drawn.locator(".nsewdrag").first.hover()
    expect(drawn.locator(".hoverlayer .hovertext").first).to_be_visible()
    button = drawn.locator(".modebar-btn[data-title='Zoom in']")
    expect(button).to_be_visible()
    with captured_page.expect_response(lambda answer: "/series/data/" in answer.url):
        button.click()
    with captured_page.expect_download():
        drawn.locator(".modebar-btn[data-title*='Download']").click()


@pytest.mark.long
def test_charts_follow_the_theme(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.emulate_media(color_scheme="light")
    captured_page.goto(live_server.url + LABELS)
    bar = chart(captured_page, "bars").locator(".bars path").first
    light = bar.evaluate("bar => getComputedStyle(bar).fill")
    captured_page.emulate_media(color_scheme="dark")
    expect(bar).not_to_have_css("fill", light)


@pytest.mark.long
def test_a_label_leads_to_its_time_on_the_timeline(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.goto(live_server.url + LABELS)
    bar = chart(captured_page, "bars").locator(".bars path").last
    captured_page.mouse.move(*middle(bar), steps=3)
    captured_page.mouse.click(*middle(bar))
    captured_page.wait_for_url("**?from=*&to=*")
    expect(captured_page.locator("[data-timeline][data-started]")).to_be_visible()


@pytest.mark.long
def test_choosing_a_measurement_changes_the_trend(captured_page: Page, live_server: LiveServer) -> None:
    captured_page.goto(live_server.url + reverse("replica:flow", args=[FLOW]))
    captured_page.get_by_label("Measurement of the trend").select_option("Time to receipt")
    captured_page.wait_for_url("**measurement=*")
    drawn = chart(captured_page, "trend")
    expect(drawn.locator(".ytitle")).to_have_text("Time to receipt (s)")
    captured_page.mouse.move(*middle(drawn.locator(".point").last), steps=3)
    expect(drawn.locator(".hovertext").first).to_contain_text("Run 3")


@pytest.mark.long
@pytest.mark.parametrize("name", ["session", "labels", "series", "network"])
def test_hostile_text_stays_text(captured_page: Page, live_server: LiveServer, name: str) -> None:
    captured_page.on("dialog", lambda _: pytest.fail("foreign text was run"))
    captured_page.goto(live_server.url + reverse(f"replica:{name}", args=[HOSTILE_SESSION]))
    expect(captured_page.get_by_role("heading", level=1)).to_have_text("</script><script>alert(1)</script>")
    if name == "labels":
        bars = chart(captured_page, "bars")
        expect(bars).to_contain_text("</script><script>")
        captured_page.mouse.move(*middle(bars.locator(".bars path").first), steps=3)
        expect(bars.locator(".hovertext").first).to_contain_text("</script><script>alert(1)</script>")


@pytest.mark.long
@pytest.mark.parametrize("address", [SESSION, SERIES, LABELS, reverse("replica:flow", args=[FLOW])])
def test_a_phone_needs_no_sideways_scrolling(captured_page: Page, live_server: LiveServer, address: str) -> None:
    captured_page.set_viewport_size({"width": 390, "height": 800})
    captured_page.goto(live_server.url + address)
    captured_page.wait_for_load_state("networkidle")
    assert captured_page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.long
def test_row_changes_look_as_they_do_beside_the_audited_session(
    signed_in_page: Page, live_server: LiveServer, organisation: Organisation, own_replica: Captured
) -> None:
    audited = make_session(make_source(organisation), key="abc")
    action = make_action(audited, BEGIN)
    make_change(action.transaction, make_relation(audited.source), "U", old=row(), new=row(status="paid"))
    own_replica.execute(f"INSERT INTO session_tags VALUES ('{FULL}', 'statetrace_session_id', 'abc')")
    looks = []
    for address in (reverse("history:action_changes", args=[action.pk]), f"{SESSION}?at=a{action.pk}"):
        signed_in_page.goto(live_server.url + address)
        expect(signed_in_page.locator(".diff .new .value")).to_have_text("paid")
        looks.append([signed_in_page.locator(part).first.evaluate(LOOK) for part in (".rows", ".diff", ".diff .value")])
    assert looks[0] == looks[1]
    assert looks[0][0]["listStyle"] == "none"
    assert looks[0][2]["overflow"] == "auto"
