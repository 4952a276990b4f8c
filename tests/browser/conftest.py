"""A real Chromium against a real server. Whatever the browser complains about fails the test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles.handlers import StaticFilesHandlerMixin
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from replica.exports.models import UserFlowExport
from statetrace_ui.web.models import Organisation
from tests.access.conftest import replica_urls as replica_urls
from tests.access.holdings import ACMES, Captured, Holdings, give
from tests.browser.install import find_browser
from tests.databases import remove_replicas
from tests.own_site import folder as folder
from tests.own_site import shop as shop
from tests.own_site import shop_address as shop_address
from tests.replica.conftest import clear_queue

expect.set_options(timeout=20_000)  # as long as it takes a busy machine
# WhiteNoise serves static files, as in production, and the browser keeps them; Django's handler for tests lets it not.
StaticFilesHandlerMixin._should_handle = lambda *_: False  # type: ignore[method-assign]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": find_browser(), "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 800}, "timezone_id": "Europe/Berlin"}


@pytest.fixture
def acme(
    organisation: Organisation,
    replica_urls: dict[Captured, str],
    registered_replicas: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Holdings:
    """What Acme has, as in tests/access; committed, for the browser sees it over another connection."""
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path)
    return give(organisation, ACMES, replica_urls[ACMES])


@pytest.fixture
def complaints(context: BrowserContext) -> Iterator[list[str]]:
    """What the browser complained about; a test that expects a complaint clears the list."""
    found: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            found.append(f"{message.type}: {message.text}")

    def on_failure(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a navigation away from a request under way
            found.append(f"{request.url}: {request.failure}")

    context.on("console", on_console)
    context.on("weberror", lambda error: found.append(str(error.error)))
    context.on("requestfailed", on_failure)
    yield found
    assert found == []


def settled(page: Page) -> None:
    """Wait until the page's timeline or flame graph has drawn all it asked for and the address says what is shown."""
    expect(page.locator("[data-settled]")).to_have_attribute("data-settled", "true")


def sign_in(page: Page, live_server: LiveServer, name: str) -> None:
    """Sign in by the form, as one of the standing people."""
    page.goto(live_server.url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill("a password of tests")
    page.get_by_role("button", name="Sign in").click()


def give_session(context: BrowserContext, live_server: LiveServer, user: User) -> None:
    """Give the browser the session that signing in would give it."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies["statetrace_session"].value
    context.add_cookies([{"name": "statetrace_session", "value": cookie, "url": live_server.url}])


@pytest.fixture
def signed_in_page(page: Page, live_server: LiveServer, reader: User, complaints: list[str]) -> Page:
    """A page of Acme's reader; `live_server.url` is where it can go."""
    give_session(page.context, live_server, reader)
    return page


@pytest.fixture
def manager_page(page: Page, live_server: LiveServer, manager: User, complaints: list[str]) -> Page:
    """A page of Acme's manager."""
    give_session(page.context, live_server, manager)
    return page


@pytest.fixture
def import_flow(
    store: str, live_server: LiveServer, server_url: str, organisation: Organisation, tmp_path: Path
) -> Iterator[Callable[[str], UserFlowExport]]:
    """Makes a user flow of one session from the rows of a time series; it is not exported yet."""

    def imported(rows: str) -> UserFlowExport:
        clear_queue()
        file = tmp_path / "memory.csv"
        file.write_text(f"time,JS heap [MiB]\n{rows}")
        call_command("import_sessions", file, user_flow="Checkout", verbosity=0)
        return UserFlowExport.objects.get(organisation=organisation)

    yield imported
    remove_replicas(server_url)
