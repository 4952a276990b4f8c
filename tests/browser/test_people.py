"""Joining, second factors and single sign-on, as people meet them in a browser."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.accounts.models import Passkey
from statetrace_ui.web.models import Organisation
from tests.browser.conftest import sign_in
from tests.provider.running import CLIENT, PASSWORD, SECRET, Provider, running

OWN = "a password of tests"


def test_a_passkey_is_made_and_asked_for(
    page: Page, live_server: LiveServer, reader: User, complaints: list[str]
) -> None:
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    sign_in(page, live_server, "reader")
    page.goto(f"{live_server.url}/account/second-factor/")
    page.get_by_label("Your password").fill(OWN)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill("Laptop")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("Keep these recovery codes now.")).to_be_visible()
    assert Passkey.objects.get(person=reader).name == "Laptop"
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, live_server, "reader")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert Passkey.objects.get(person=reader).used_at is not None


def test_an_invitation_leads_from_link_to_first_page(
    manager_page: Page, live_server: LiveServer, browser: Browser
) -> None:
    manager_page.goto(f"{live_server.url}/people/")
    manager_page.get_by_role("form", name="Invite somebody").get_by_label("Role").select_option("Analyst")
    manager_page.get_by_role("button", name="Make invitation").click()
    link = manager_page.locator("#invitation-link").inner_text()
    newcomer = browser.new_page()
    newcomer.goto(link)
    newcomer.get_by_label("User name").fill("newcomer")
    newcomer.get_by_label("Password", exact=True).fill("correct horse battery")
    newcomer.get_by_label("Password confirmation").fill("correct horse battery")
    newcomer.get_by_role("button", name="Make account and join").click()
    expect(newcomer.get_by_role("link", name="Your account, newcomer")).to_be_visible()
    newcomer.close()


@pytest.fixture
def provider(
    live_server: LiveServer, tmp_path_factory: pytest.TempPathFactory, settings: Settings
) -> Iterator[Provider]:
    callback = f"{live_server.url}/account/sso/callback/"
    with running(tmp_path_factory.mktemp("provider"), callback) as found:
        settings.OIDC_ISSUER, settings.OIDC_NAME = found.issuer, "Acme Sign-on"
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
        settings.OIDC_ROLES = [("ops", "acme", "manager")]
        yield found


@pytest.mark.long
def test_single_sign_on_is_walked_through(
    page: Page, live_server: LiveServer, organisation: Organisation, provider: Provider, complaints: list[str]
) -> None:
    provider.person("ada", "ops", email="ada@example.com")
    page.goto(f"{live_server.url}/people/")
    page.get_by_role("link", name="Sign in with Acme Sign-on").click()
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in at the provider").click()
    page.wait_for_url(f"{live_server.url}/people/")
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    expect(page.get_by_text("by groups of single sign-on")).to_be_visible()
