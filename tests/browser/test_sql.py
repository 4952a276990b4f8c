"""SQL on the replica in a real browser: running, what is wrong, cancelling, writing names, saving."""

from contextlib import suppress

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TookTooLong
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import give_session
from tests.replica.captured import Captured
from tests.waiting import wait_until

SLOW = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"


@pytest.fixture
def sql_page(
    page: Page, live_server: LiveServer, analyst: User, captured_replica: Captured, complaints: list[str]
) -> Page:
    give_session(page.context, live_server, analyst)
    page.goto(f"{live_server.url}/sql/")
    return page


def test_a_query_runs_by_its_keys_and_shows_its_rows(sql_page: Page) -> None:
    field = sql_page.get_by_label("SQL", exact=True)
    field.fill("SELECT name, 7 AS seven FROM user_flow ORDER BY name")
    field.press("Control+Enter")
    expect(sql_page.locator(".sql-rows tbody tr").first).to_contain_text("7")
    expect(sql_page.get_by_role("status").filter(has_text="rows in")).to_be_visible()
    expect(field).to_be_focused()


@pytest.mark.long
def test_numbers_are_drawn_where_that_is_asked(sql_page: Page) -> None:
    sql_page.get_by_label("SQL", exact=True).fill("SELECT n AS second, n * n AS square FROM generate_series(1, 9) n")
    sql_page.get_by_label("Chart").check()
    sql_page.get_by_role("button", name="Run").click()
    expect(sql_page.locator("#rows-chart .main-svg").first).to_be_visible()
    sql_page.get_by_label("SQL", exact=True).fill("SELECT name FROM user_flow")
    sql_page.get_by_role("button", name="Run").click()
    expect(sql_page.get_by_text("No chart: it takes")).to_be_visible()


@pytest.mark.long
def test_what_is_wrong_is_said_below_with_its_line(sql_page: Page, complaints: list[str]) -> None:
    sql_page.get_by_label("SQL", exact=True).fill("SELECT 1,\n  nme FROM user_flow")
    sql_page.get_by_role("button", name="Run").click()
    alert = sql_page.get_by_role("alert")
    expect(alert).to_contain_text('column "nme" does not exist')
    expect(alert).to_contain_text("Line 2")
    complaints.clear()  # the browser notes each answer of 400


@pytest.mark.long
def test_a_slow_query_is_cancelled(sql_page: Page, complaints: list[str]) -> None:
    cancel = sql_page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_hidden()
    sql_page.get_by_label("SQL", exact=True).fill(SLOW)
    sql_page.get_by_role("button", name="Run").click()
    expect(cancel).to_be_visible()
    alert = sql_page.get_by_role("alert")
    cancel.click()
    wait_until(lambda: alert.is_visible() or again(cancel))  # it may not have begun in the database
    expect(alert).to_contain_text("cancelled")
    expect(cancel).to_be_hidden()
    complaints.clear()


def again(button: Locator) -> bool:
    with suppress(TookTooLong):  # it may go while it is about to be pressed
        button.click(timeout=500)
    return False


@pytest.mark.long
def test_a_click_writes_a_name_and_what_is_written_is_saved(sql_page: Page) -> None:
    field = sql_page.get_by_label("SQL", exact=True)
    field.fill("SELECT  FROM user_flow")
    field.evaluate("field => field.setSelectionRange(7, 7)")
    sql_page.locator(".sql-table summary").filter(has_text="user_flow").click()
    sql_page.locator(".sql-table[open]").get_by_role("button", name="description").click()
    expect(field).to_have_value("SELECT description FROM user_flow")
    sql_page.get_by_label("Name").fill("Mine")
    sql_page.get_by_role("button", name="Save").click()
    expect(sql_page.get_by_role("link", name="Mine")).to_have_attribute("aria-current", "true")
    expect(field).to_have_value("SELECT description FROM user_flow")


@pytest.mark.long
def test_the_csv_is_a_file(sql_page: Page) -> None:
    with sql_page.expect_download() as download:
        sql_page.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename.startswith("rows-")
    assert download.value.suggested_filename.endswith(".zip")
