"""A token from the page where it is made to a program that uses it."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.api.models import Token
from statetrace_ui.client import Refused, Statetrace

pytestmark = pytest.mark.browser


def test_a_manager_makes_a_token_uses_it_and_revokes_it(manager_page: Page, live_server: LiveServer) -> None:
    page = manager_page
    page.goto(live_server.url)
    page.get_by_role("link", name="API tokens").click()
    page.get_by_label("Name", exact=True).fill("Nightly build")
    page.get_by_label("Ingest:").check()
    page.get_by_role("button", name="Make token").click()
    text = page.locator("#token").inner_text()
    with Statetrace(live_server.url, text) as site:
        assert site.call("GET", "token")["scopes"] == ["read", "ingest"]
        page.get_by_role("button", name="Revoke Nightly build").click()
        expect(page.get_by_role("heading", name="No token yet")).to_be_visible()
        with pytest.raises(Refused, match="401"):
            site.call("GET", "token")
    assert not Token.objects.exists()
    page.get_by_role("link", name="description of the API").click()
    page.get_by_text("/v0/userflows/{user_flow_id}/dbsync").click()
    expect(page.get_by_text("Copy all sessions, also those that are in sync.")).to_be_visible()
