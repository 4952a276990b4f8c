"""From an empty installation to the first change of one's own database, by following the pages alone."""

import re
from collections.abc import Iterator
from time import monotonic

import psycopg
import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Source
from tests.browser.conftest import give_session
from tests.browser.test_axe import violations
from tests.own_server import OwnServer
from tests.replica.conftest import clear_queue, run_worker
from tests.statetrace_ui.conftest import supervised
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.long]
WHOLE = 600  # seconds that it may take a person


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """Another server than the dashboard's, with a database of its own."""
    own = OwnServer("wal_level = logical\n")
    yield own
    own.remove()


@pytest.fixture
def shop(server: OwnServer) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE item (id int PRIMARY KEY, name text, password text)")
        connection.execute("INSERT INTO item SELECT n, 'a', 'secret' FROM generate_series(1, 500) AS n")
        connection.execute("CREATE TABLE visit (at timestamptz, path text)")
        yield connection


def no_violations(page: Page) -> None:
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, []) == []


def test_own_database_is_connected_by_following_the_pages(
    page: Page,
    live_server: LiveServer,
    manager: User,
    complaints: list[str],
    server: OwnServer,
    shop: psycopg.Connection,
) -> None:
    clear_queue()
    User.objects.filter(pk=manager.pk).update(is_superuser=True)  # a socket of this machine is for operators
    give_session(page.context, live_server, manager)
    began = monotonic()
    page.goto(f"{live_server.url}/sources/")
    expect(page.get_by_role("heading", name="No database is connected")).to_be_visible()
    page.get_by_role("link", name="Add a source").last.click()
    page.get_by_label("Name", exact=True).fill("shop")
    page.get_by_label("Host").fill("db")
    expect(page.locator("#judged")).to_contain_text("Still missing: the database, the role, its password")
    no_violations(page)
    page.get_by_label("Or the whole address").fill(server.url)
    expect(page.locator("#judged")).to_contain_text("Understood")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#checks")).to_contain_text("Checking")
    run_worker()
    expect(page.get_by_text("Something must be mended first")).to_be_visible()
    assert "password" not in page.url
    no_violations(page)
    statement = page.locator(".checks li", has_text="Must mend").locator("pre").inner_text()
    shop.execute(statement.encode())
    page.get_by_role("button", name="Check again").click()
    run_worker()
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_label("public.item.password")).to_be_checked()
    no_violations(page)
    with supervised():
        page.get_by_role("button", name="Add the source").click()
        expect(page.get_by_text("2 of 2 are read")).to_be_visible()
        shop.execute("UPDATE item SET name = 'b' WHERE id = 7")
        light = page.locator(".lights li", has_text="First change seen")
        expect(light.get_by_text("Done")).to_be_visible()
        annotate(page, shop)
        no_violations(page)
        pause_and_resume(page, shop)
        light.get_by_role("link").wait_for()
        remove(page, shop)
    assert monotonic() - began < WHOLE


def annotate(page: Page, shop: psycopg.Connection) -> None:
    """Run the snippet that the page shows; its light goes on by itself, and what was unfolded stays so."""
    page.get_by_text("Plain SQL", exact=True).click()
    snippet = page.locator("#snippet-sql")
    text = snippet.inner_text().replace("your_table", "item").replace("your_column", "name")
    shop.execute(text.encode())
    expect(page.locator("#annotated")).to_contain_text("Seen:", timeout=30_000)
    expect(snippet).to_be_visible()


def pause_and_resume(page: Page, shop: psycopg.Connection) -> None:
    progress = page.url
    page.goto(progress.replace("progress", "manage"))
    no_violations(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Capture is paused.")).to_be_visible()
    active = "SELECT 1 FROM pg_replication_slots WHERE active"
    wait_until(lambda: shop.execute(active).fetchone() is None)
    page.get_by_role("button", name="Resume").click()
    wait_until(lambda: shop.execute(active).fetchone() is not None)
    page.goto(progress)


def remove(page: Page, shop: psycopg.Connection) -> None:
    page.goto(re.sub("progress/.*", "remove/", page.url))
    no_violations(page)
    page.get_by_label("Delete its history here for good").check()
    page.get_by_label("Type the source's name").fill("shop")
    page.get_by_role("button", name="Remove shop").click()
    run_worker()
    expect(page.get_by_text("is removed with its history")).to_be_visible()
    no_violations(page)
    assert not Source.objects.exists()
    assert shop.execute("SELECT count(*) FROM pg_replication_slots").fetchone() == (0,)
