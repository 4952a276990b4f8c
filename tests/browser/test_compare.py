"""The comparison in a browser: judged by axe-core, narrow without scrolling sideways, and on the way to the cause."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from replica.compare.selection import Selection
from replica.comparisons.baselines import keep_baseline
from replica.databases.connections import alias_for
from replica.exports.models import UserFlowExport
from replica.flow_trends.service import refresh
from replica.queries.groups import group_ids
from statetrace_ui.attention.noting import look
from statetrace_ui.web.models import Organisation
from tests.browser.conftest import give_session, settled
from tests.browser.everything import at_rest
from tests.browser.test_axe import violations
from tests.replica.compare.recorded import give_recordings


@pytest.fixture
def flow(organisation: Organisation, store: str, transactional_db: None) -> str:
    """The id of the demo's flow, whose fast sessions are its baseline."""
    give_recordings(organisation, store)
    user_flow_id = UserFlowExport.objects.get().user_flow_id
    fast = group_ids(alias_for(organisation), user_flow_id, Selection(tags=(("variant", "fast"),)))
    keep_baseline(organisation, user_flow_id, fast, "variant=fast", "tests")
    refresh(organisation)  # as a worker does; and SciPy, which takes long, is loaded
    look(organisation)
    return user_flow_id


# What is only asked for in view is kept there, while what stands above it grows.
LOOKED_AT = """() => {
    const part = document.querySelector('.arriving');
    part.scrollIntoView();
    return !part.querySelector('.skeleton');
}"""


def address(live_server: LiveServer, flow: str) -> str:
    asked = {"flow": flow, "base": "variant=fast", "new": "variant=slow"}
    return f"{live_server.url}{reverse('replica:compare')}?{urlencode(asked)}"


@pytest.mark.parametrize(
    ("scheme", "width"),
    [("dark", 390), *(pytest.param(one, 1280, marks=pytest.mark.long) for one in ("light", "dark"))],
)
def test_the_page_is_accessible_and_fits_a_phone(
    page: Page, live_server: LiveServer, manager: User, flow: str, scheme: Any, width: int
) -> None:
    give_session(page.context, live_server, manager)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address(live_server, flow))
    page.wait_for_function(LOOKED_AT)
    at_rest(page)
    page.get_by_text("where one cannot tell").click()
    assert violations(page, []) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.long
def test_an_entry_opens_both_moments_and_the_difference_of_their_calls(
    page: Page, live_server: LiveServer, reader: User, flow: str
) -> None:
    give_session(page.context, live_server, reader)
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address(live_server, flow))
    page.get_by_role("link", name="keepHeight", exact=True).click()
    base, new = page.locator(".moments > section").all()
    expect(base.locator(".explained")).to_contain_text("Heaviest calls")
    expect(new.locator(".explained")).to_contain_text("keepHeight")
    page.locator("#paired").scroll_into_view_if_needed()
    expect(page.get_by_role("row", name="Frames").first).to_be_visible()
    fits(page)
    page.get_by_role("link", name="Difference of calls").click()
    settled(page)
    expect(page.locator("[data-flame-told=new]")).to_have_text("mean of 4 sessions")
    expect(page.locator("[data-flame-table] tbody tr").first).to_contain_text("keepHeight")
    fits(page)


def fits(page: Page) -> None:
    at_rest(page)
    assert violations(page, []) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_two_clicks_lead_from_the_first_page_to_the_function(
    signed_in_page: Page, live_server: LiveServer, flow: str
) -> None:
    page = signed_in_page
    page.goto(live_server.url)
    page.get_by_role("link", name="is slower than its baseline").click()
    expect(page.get_by_text("“Sort by price” +1.5 s in keepHeight")).to_be_visible()
    page.get_by_role("row", name="keepHeight").get_by_title("Look at it in the middle one of the new sessions").click()
    page.wait_for_url("**/flame/?from=*")


@pytest.mark.long
def test_ticked_sessions_are_compared(signed_in_page: Page, live_server: LiveServer, flow: str) -> None:
    page = signed_in_page
    page.goto(f"{live_server.url}{reverse('replica:flow', args=[flow])}")
    page.get_by_role("checkbox", name="Compare Mei Tanaka buys Flat White Cup, slate (slow)").check()
    page.get_by_role("checkbox", name="Compare Mei Tanaka buys Flat White Cup, slate (fast)").check()
    page.get_by_role("button", name="Compare ticked").click()
    expect(page.get_by_text("Too few to tell: 1 against 1 sessions")).to_be_visible()
    page.get_by_role("link", name="Swap").click()
    expect(page.get_by_label("Base", exact=True)).to_have_value(re.compile("^session:"))
    expect(page.get_by_text("Too few to tell: 1 against 1 sessions")).to_be_visible()


@pytest.mark.long
def test_two_timelines_have_one_cursor_one_selection_and_are_lined_up_by_steps_or_not(
    signed_in_page: Page, live_server: LiveServer, flow: str
) -> None:
    page = signed_in_page
    page.goto(address(live_server, flow))
    settled(page)
    sides = page.locator(".timeline-lane[data-group-of=labels] .timeline-side").all_inner_texts()
    assert sides == ["base", "new"] * (len(sides) // 2)
    lanes, said = page.locator("[data-part=lanes]"), page.locator("[data-part=said]")
    lanes.focus()
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("new: +")  # the same label on the other side
    page.keyboard.press("Enter")
    expect(page.locator("#inspector .explained")).to_be_visible()
    page.keyboard.press("Escape")
    lanes.hover(position={"x": 300, "y": 40})
    clock = page.locator("[data-part=clock]")
    expect(clock).to_have_text(re.compile(r"Base \+.* · New \+"))
    base, new = clock.inner_text().split(" · ")
    assert base.removeprefix("Base ") != new.removeprefix("New ")  # each side's own moment
    page.get_by_role("button", name="As recorded").click()
    settled(page)
    assert "time=recorded" in page.url
    lanes.hover(position={"x": 301, "y": 40})
    base, new = clock.inner_text().split(" · ")
    assert base.removeprefix("Base ") == new.removeprefix("New ")
    page.reload()
    settled(page)
    expect(page.get_by_role("button", name="As recorded")).to_have_attribute("aria-pressed", "true")
