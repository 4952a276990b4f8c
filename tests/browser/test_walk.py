"""The main job from end to end: from signing in to the row that changed, and to the call that took the time.

On the sessions that the demo shows: recorded in a real browser, imported and exported as a user's own files are.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from replica.comparisons.baselines import keep_baseline
from replica.databases.reading import read_replica
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from replica.flow_trends.service import refresh
from replica.schema.models import SessionMetadata
from statetrace_ui.attention.noting import look
from statetrace_ui.demo import recordings
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.outcomes import Outcome
from tests.browser.conftest import settled, sign_in
from tests.databases import remove_replicas
from tests.replica.compare.recorded import give_recordings

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(
    store: str, organisation: Organisation, live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store itself is the replica."""
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path)
    give_recordings(organisation, store)


@pytest.fixture
def recorded(
    store: str,
    organisation: Organisation,
    live_server: LiveServer,
    server_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """The replica has got its sessions by exports."""
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path)
    recordings.load(organisation)
    for export in UserFlowExport.objects.filter(organisation=organisation):
        assert sync(export).outcome == Outcome.DONE
    yield
    remove_replicas(server_url)


def test_from_signing_in_to_a_records_history(
    page: Page, live_server: LiveServer, reader: User, shown: None, complaints: list[str]
) -> None:
    sign_in(page, live_server, "reader")
    expect(page.get_by_role("heading", name="Acme")).to_be_visible()
    page.locator("section", has=page.get_by_role("heading", name="Audited sessions")).locator("tbody a").first.click()
    expect(page.locator(".timeline canvas").first).to_be_visible()
    action = page.locator(".actions .row-button").first
    action.click()
    expect(action).to_have_attribute("aria-expanded", "true")
    record = page.locator(".actions .nested a[href*='/records/']").first
    expect(record).to_be_visible()
    record.click()
    expect(page).to_have_url(re.compile(r"/records/\d+/\?table=public\."))
    expect(page.get_by_role("main")).to_contain_text("POST")


@pytest.mark.long
def test_from_a_user_flow_to_a_call_in_the_flame_graph(
    page: Page, live_server: LiveServer, reader: User, recorded: None, complaints: list[str]
) -> None:
    sign_in(page, live_server, "reader")
    expect(page.get_by_role("heading", name="Acme")).to_be_visible()
    page.get_by_role("link", name="User flows", exact=True).click()
    page.get_by_role("link", name=recordings.USER_FLOW).click()
    page.get_by_role("table").get_by_role("link", name="buys").first.click()
    expect(page.locator(".timeline canvas").first).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("On the same axis")
    page.get_by_role("link", name="Label durations").click()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    page.get_by_role("link", name="Time series").click()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    expect(page.get_by_text("MiB").first).to_be_visible()
    page.get_by_role("link", name="Flame graph").click()
    settled(page)
    canvas = page.locator("canvas")
    canvas.press("+")
    settled(page)
    expect(page).to_have_url(re.compile(r"[?&]from=\d+\.\d{3,}&to=\d+\.\d{3,}"))
    canvas.click(position={"x": 200, "y": 90})
    expect(page.locator(".inspector")).not_to_be_empty()


@pytest.mark.long
def test_a_stranger_finds_none_of_it(
    page: Page, live_server: LiveServer, stranger: User, reader: User, recorded: None, complaints: list[str]
) -> None:
    sign_in(page, live_server, "stranger")
    expect(page.get_by_role("heading", name="Elsewhere")).to_be_visible()
    for place in ("/", "/sessions/", "/changes/", "/sources/", "/exports/"):
        page.goto(f"{live_server.url}{place}")
        expect(page.get_by_role("main")).not_to_contain_text("Duarte")
        expect(page.get_by_role("main")).not_to_contain_text(recordings.USER_FLOW)


@pytest.fixture
def with_baseline(shown: None, organisation: Organisation) -> None:
    """The fast sessions are the flow's baseline, and a worker has looked since."""
    flow = UserFlowExport.objects.get(organisation=organisation, name=recordings.USER_FLOW)
    alias = read_replica(organisation, lambda alias: alias)
    fast = SessionMetadata.objects.using(alias).filter(name__endswith="(fast)").values_list("session_id", flat=True)
    keep_baseline(organisation, flow.user_flow_id, list(fast), "variant=fast", "reader")
    refresh(organisation)
    look(organisation)


@pytest.mark.long
def test_from_the_first_page_to_the_function_that_got_slower_in_two_clicks(
    signed_in_page: Page, live_server: LiveServer, with_baseline: None
) -> None:
    page = signed_in_page
    page.goto(live_server.url)
    page.get_by_role("link", name="Slower than its baseline").click()
    expect(page.get_by_text("in keepHeight")).to_be_visible()
    row = page.locator(".compared tr", has_text="keepHeight")
    row.locator("td[data-label=New] a").click()
    expect(page).to_have_url(re.compile(r"/flame/\?"))
    settled(page)
    expect(page.locator("[data-flame]").first).to_be_visible()


@pytest.mark.long
def test_from_the_first_page_to_the_rows_that_a_slower_step_wrote_in_three_clicks(
    signed_in_page: Page, live_server: LiveServer, with_baseline: None
) -> None:
    page = signed_in_page
    page.goto(live_server.url)
    page.get_by_role("link", name="Slower than its baseline").click()
    page.locator(".compared tr", has_text="Add to cart").locator("td[data-label=New] a").click()
    told = page.locator("#inspector")
    expect(told).to_contain_text("shop_cartline")
    told.get_by_role("link", name="POST /cart/add/").click()
    expect(page).to_have_url(re.compile(r"/sessions/\d+/\?at=a\d+"))
    expect(page.get_by_role("main")).to_contain_text("shop_cartline")
