"""Downloads, the undo preview and paper, as people take them away."""

import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import ChainLink, Session
from tests.access.holdings import Holdings
from tests.browser.conftest import give_session
from tests.browser.everything import at_rest

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def analyst_page(page: Page, live_server: LiveServer, analyst: User, complaints: list[str]) -> Page:
    give_session(page.context, live_server, analyst)
    return page


def test_a_list_is_downloaded_by_its_filters(
    analyst_page: Page, live_server: LiveServer, acme: Holdings, tmp_path: Path
) -> None:
    analyst_page.goto(f"{live_server.url}/changes/?table=public.orders")
    analyst_page.locator("summary").filter(has_text="Download").click()
    with analyst_page.expect_download() as download:
        analyst_page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "changes.zip")
    with zipfile.ZipFile(tmp_path / "changes.zip") as file:
        data, text, _ = file.namelist()
        assert acme.word in file.read(data).decode()
        assert "table:public.orders" in file.read(text).decode()


@pytest.mark.long
def test_a_viewer_is_offered_no_download(signed_in_page: Page, live_server: LiveServer, acme: Holdings) -> None:
    signed_in_page.goto(f"{live_server.url}{acme.address('history:undo_change')}")
    expect(signed_in_page.get_by_role("button", name="Copy SQL")).to_be_visible()
    expect(signed_in_page.locator("a").filter(has_text="Download")).to_have_count(0)
    signed_in_page.goto(f"{live_server.url}/changes/")
    expect(signed_in_page.locator("summary").filter(has_text="Download")).to_have_count(0)


@pytest.mark.long
def test_the_sql_of_an_undo_is_copied(signed_in_page: Page, live_server: LiveServer, acme: Holdings) -> None:
    signed_in_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    signed_in_page.goto(f"{live_server.url}{acme.address('history:change')}")
    signed_in_page.get_by_role("link", name="Preview undo").click()
    signed_in_page.get_by_role("button", name="Copy SQL").click()
    expect(signed_in_page.locator("#toast")).to_have_text("Copied")
    copied = signed_in_page.evaluate("navigator.clipboard.readText()")
    assert copied == signed_in_page.locator("#undo-sql").text_content()
    assert "ROLLBACK;" in copied


@pytest.mark.long
def test_a_session_is_printed_with_its_differences_and_what_proves_them(
    signed_in_page: Page, live_server: LiveServer, acme: Holdings
) -> None:
    session = Session.objects.get(pk=str(acme.ids["audited"]))
    link = ChainLink.objects.create(**a_link(session.source_id))
    page = signed_in_page
    page.add_init_script("window.print = () => { document.body.dataset.printed = 'yes'; }")
    page.goto(f"{live_server.url}{acme.address('history:session')}")
    at_rest(page)
    page.get_by_role("button", name="Print").click()
    expect(page.locator("body")).to_have_attribute("data-printed", "yes")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".rail")).to_be_hidden()
    expect(page.locator(".page-head .actions")).to_be_hidden()
    expect(page.locator(".diff").first).to_be_visible()
    expect(page.locator(".proof")).to_contain_text(bytes(link.digest).hex())
    expect(page.locator(".ago").first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    when = page.locator(".rows .when").first
    expect(when).to_have_attribute("title", "2026-03-14T12:00:00+00:00")
    assert when.evaluate("part => getComputedStyle(part, '::after').content") != "none"


def a_link(source_id: int) -> dict[str, object]:
    """A chain's only link; what it covers does not matter to paper."""
    parts = ("changes", "baseline", "transactions", "actions")
    numbers = {f"{part}_{name}": 0 for part in parts for name in ("through", "rows")}
    roots = {f"{part}_root": b"\x01" * 32 for part in (*parts, "notes")}
    told = {"source_id": source_id, "number": 3, "kind": "rows", "at": 1_700_000_000_000_000, "notes": 0}
    return {**told, **numbers, **roots, "digest": bytes(range(32))}
