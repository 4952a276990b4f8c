"""What a data admin has to do, each done on pages, with its clicks counted from the list of exports."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from replica.databases.models import Replica
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from tests.relay import Way, relay
from tests.replica.conftest import run_worker

pytestmark = pytest.mark.browser


@dataclass
class DataAdmin:
    """A manager at the list of exports, who counts clicks."""

    page: Page
    site: str
    clicks: int = 0

    def begin(self) -> None:
        self.page.goto(f"{self.site}/exports/")
        self.clicks = 0

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def link(self, name: str) -> None:
        self.click(self.page.get_by_role("link", name=name))

    def button(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name))


@pytest.fixture
def export(import_flow: Callable[[str], UserFlowExport]) -> UserFlowExport:
    return import_flow("0,10\n1000,12.5\n")


@pytest.fixture
def theirs(new_database: Callable[..., str]) -> Iterator[Way]:
    """An empty PostgreSQL database of team Y."""
    with relay(new_database()) as way:
        yield way


@pytest.fixture
def admin(manager_page: Page, live_server: LiveServer, export: UserFlowExport) -> DataAdmin:
    found = DataAdmin(manager_page, live_server.url)
    found.begin()
    return found


@pytest.mark.long
def test_connect_team_ys_postgresql_and_export_a_flow_to_it(
    admin: DataAdmin, theirs: Way, export: UserFlowExport
) -> None:
    page = admin.page
    admin.link("Defaults, targets and mirrors")
    form = page.get_by_role("form", name="A database")
    form.get_by_label("Name").fill("team Y")
    form.get_by_label("Address of an empty database").fill(theirs.url)
    admin.click(form.get_by_role("button", name="Take it over"))
    expect(page.get_by_role("row", name="team Y")).to_contain_text("Ready")
    assert "@" not in page.get_by_role("row", name="team Y").inner_text()
    assert admin.clicks == 2

    admin.begin()
    admin.link("Checkout")
    admin.button("Copy it there, too")
    admin.button("Sync now")
    expect(page.locator("#export")).to_contain_text("Waiting for a worker")
    run_worker()
    expect(page.locator("#export")).to_contain_text("In Sync")
    assert admin.clicks == 3
    with psycopg.connect(theirs.url) as reader:
        assert reader.execute("SELECT count(*) FROM session_timeseries_data").fetchone() == (2,)


@pytest.mark.long
def test_switch_autosync_on(admin: DataAdmin, export: UserFlowExport, tmp_path: Path) -> None:
    switch = admin.page.get_by_role("switch", name="AutoSync of Checkout")
    admin.click(switch)
    expect(switch).to_be_checked()
    assert admin.clicks == 1
    run_worker()
    expect(admin.page.get_by_role("row", name="Checkout")).to_contain_text("In Sync")


@pytest.mark.long
def test_reveal_rotate_and_reset_the_password_each_with_who_is_cut_off(
    admin: DataAdmin, export: UserFlowExport
) -> None:
    sync(export)
    page, password = admin.page, admin.page.locator("#password")
    admin.link("Connection and credentials")
    admin.button("Reveal the password")
    first = password.inner_text()
    assert admin.clicks == 2

    admin.begin()
    admin.link("Connection and credentials")
    admin.button("Rotate")
    second = password.inner_text()
    assert second != first
    assert admin.clicks == 2

    admin.begin()
    admin.link("Connection and credentials")
    admin.click(page.get_by_text("Reset at once"))
    admin.button("Reset password")  # the browser refuses it without the tick
    assert page.locator("input[name=confirmed]:invalid").count() > 0
    admin.click(page.get_by_label("Cut off all tools that use the present"))
    admin.button("Reset password")
    assert password.inner_text() not in (first, second)
    assert admin.clicks == 5


@pytest.mark.long
def test_connect_grafana_and_other_tools(admin: DataAdmin, export: UserFlowExport) -> None:
    sync(export)
    page = admin.page
    admin.link("Connection and credentials")
    for tool in ("psql", "SQLAlchemy", "DuckDB"):  # JDBC cannot use the socket that the embedded server listens on
        expect(page.get_by_role("heading", name=tool)).to_be_visible()
    admin.button("Copy psql's string")
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    with page.expect_download() as download:
        admin.link("datasource.yaml")
    assert Replica.objects.get().database in download.value.path().read_text()
    assert admin.clicks == 3


@pytest.mark.long
def test_why_did_a_sync_fail(admin: DataAdmin, export: UserFlowExport) -> None:
    sync(export)
    with psycopg.connect(Replica.objects.get().owner_url) as owner:
        owner.execute("ALTER TABLE session_timeseries_data ADD CONSTRAINT positive CHECK (y_value > 11) NOT VALID")
        owner.execute("UPDATE bookkeeping.session_revisions SET revision = 0")
    sync(export)
    admin.begin()
    row = admin.page.get_by_role("row", name="Checkout")
    for part in ("Error", "table session_timeseries_data", "constraint positive", "session "):
        expect(row).to_contain_text(part)
    assert admin.clicks == 0, "it stands in the list itself"
    expect(row.get_by_role("button", name="Retry now")).to_be_visible()


@pytest.mark.long
def test_delete_a_mistaken_import(admin: DataAdmin, export: UserFlowExport) -> None:
    sync(export)
    admin.link("Checkout")
    admin.button("Delete this user flow")
    expect(admin.page.get_by_text("Rows in the store")).to_be_visible()
    admin.page.get_by_label("Type Checkout to confirm").fill("Checkout")
    admin.button("Delete for good")
    run_worker()
    expect(admin.page.get_by_text("Gone")).to_be_visible()
    assert admin.clicks == 3
    assert not UserFlowExport.objects.exists()
