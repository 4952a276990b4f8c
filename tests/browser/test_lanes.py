"""Lanes of a timeline pinned, hidden and moved, by mouse and by keyboard, and remembered."""

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import settled
from tests.replica.captured import FULL, Captured

SESSION = reverse("replica:session", args=[FULL])


@pytest.fixture
def timeline(signed_in_page: Page, live_server: LiveServer, captured_replica: Captured) -> Page:
    signed_in_page.goto(live_server.url + SESSION)
    settled(signed_in_page)
    return signed_in_page


def lane(page: Page, name: str) -> Locator:
    return page.locator(".timeline-lane").filter(has_text=name)


def names(page: Page, group: str) -> list[str]:
    return page.locator(f".timeline-lane[data-group-of={group}] bdi").all_inner_texts()


@pytest.mark.long
def test_a_lane_is_hidden_and_pinned_in_the_list_and_stays_so(timeline: Page) -> None:
    before = names(timeline, "labels")
    hidden, pinned = before[0], names(timeline, "issues")[0]
    timeline.get_by_text("Lanes", exact=True).click()
    timeline.get_by_role("button", name=f"Hide {hidden}", exact=True).click()
    timeline.get_by_role("button", name=f"Pin {pinned}", exact=True).first.click()
    expect(timeline.locator(".timeline-arrange summary")).to_have_text("Lanes 1 hidden")
    timeline.reload()
    settled(timeline)
    assert names(timeline, "labels") == before[1:]
    assert names(timeline, "pinned") == [pinned]
    timeline.get_by_text("Lanes 1 hidden").click()
    timeline.get_by_role("button", name="As at first").click()
    expect(timeline.locator(".timeline-arrange summary")).to_have_text("Lanes")
    assert (names(timeline, "labels"), names(timeline, "pinned")) == (before, [])


def test_lanes_are_moved_by_the_list_and_by_dragging_their_labels(timeline: Page) -> None:
    first, second, *others = names(timeline, "labels")
    timeline.get_by_text("Lanes", exact=True).click()
    up = timeline.get_by_role("button", name=f"Move {second} up", exact=True)
    up.focus()
    timeline.keyboard.press("Enter")
    expect(up).to_be_focused()  # so the next press moves it on
    assert names(timeline, "labels") == [second, first, *others]
    timeline.keyboard.press("Escape")
    lane(timeline, first).first.drag_to(lane(timeline, second).first, source_position={"x": 4, "y": 4})
    assert names(timeline, "labels") == [first, second, *others]


@pytest.mark.long
def test_keys_pin_and_hide_the_lane_of_the_selected_span(timeline: Page) -> None:
    first, second, *_ = names(timeline, "labels")
    timeline.locator("[data-part=lanes]").focus()
    for key in ("ArrowDown", "p"):
        timeline.keyboard.press(key)
    assert names(timeline, "pinned") == [first]
    for key in ("Escape", "ArrowDown", "PageDown", "h"):
        timeline.keyboard.press(key)
    assert second not in names(timeline, "labels")


@pytest.mark.long
def test_pinned_lanes_stay_in_sight_and_can_be_chosen_while_others_scroll(timeline: Page) -> None:
    timeline.set_viewport_size({"width": 1280, "height": 360})
    pinned = names(timeline, "labels")[0]
    timeline.locator("[data-part=lanes]").focus()
    for key in ("ArrowDown", "p"):
        timeline.keyboard.press(key)
    scroller = timeline.locator("[data-part=scroller]")
    scroller.evaluate("scroller => { scroller.scrollTop = scroller.scrollHeight }")
    settled(timeline)
    strip, window = timeline.locator(".timeline-pinned").bounding_box(), scroller.bounding_box()
    assert strip
    assert window
    assert strip["y"] == pytest.approx(window["y"], abs=1)
    expect(timeline.locator(".timeline-pinned")).to_contain_text(pinned)
    timeline.mouse.move(window["x"] + window["width"] / 2, strip["y"] + strip["height"] - 10)
    timeline.mouse.move(window["x"] + window["width"] / 2, strip["y"] + strip["height"] - 8)
    expect(lane(timeline, pinned)).to_be_visible()


@pytest.mark.long
def test_a_hidden_lane_is_shown_where_the_address_needs_it(timeline: Page) -> None:
    timeline.locator("[data-part=lanes]").focus()
    for key in ("ArrowDown", "Enter"):
        timeline.keyboard.press(key)
    name = names(timeline, "labels")[0]
    settled(timeline)
    timeline.locator("[data-part=lanes]").focus()
    timeline.keyboard.press("h")
    settled(timeline)
    assert name not in names(timeline, "labels")
    timeline.reload()
    settled(timeline)
    assert name in names(timeline, "labels")
