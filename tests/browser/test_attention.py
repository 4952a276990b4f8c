"""What needs attention, in a browser: counted on every page and in the title, live, and hidden once it is seen."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_source

POLL = "htmx.trigger('[data-attention-badges]', 'statetrace:poll')"


@pytest.fixture
def failing(transactional_db: None, organisation: Organisation) -> Source:
    return make_source(organisation, status="error", error="The slot is gone.", seen_at=timezone.now())


def test_it_is_counted_live_and_hidden_once_seen(manager_page: Page, live_server: LiveServer, failing: Source) -> None:
    page = manager_page
    page.goto(f"{live_server.url}/changes/")
    badge = page.locator("#badge-n")
    expect(badge).to_contain_text("1")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    make_source(failing.organisation, "other", status="error", seen_at=timezone.now())
    page.evaluate(POLL)
    expect(badge).to_contain_text("2")
    expect(page).to_have_title(re.compile(r"^\(2\) "))
    Source.objects.update(status="streaming", error="")
    page.evaluate(POLL)
    expect(badge).to_have_text("")
    expect(page).to_have_title(re.compile("^Changes"))
