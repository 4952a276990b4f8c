"""A client's address is what a trusted proxy saw, never what the client says of itself."""

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from statetrace_ui.accounts.client_address import client_address, network


def seen(settings: Settings, proxies: int, forwarded: str | None, connected: str = "10.0.0.1") -> str | None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=connected))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, None, "10.0.0.1"),
        (0, "198.51.100.9", "10.0.0.1"),  # nobody is trusted: the header is the client's own
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "1.1.1.1, 198.51.100.9", "198.51.100.9"),  # the first was made up
        (2, "1.1.1.1, 198.51.100.9, 10.0.0.2", "198.51.100.9"),
        (2, "198.51.100.9", "10.0.0.1"),  # not by way of both
        (1, None, "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "unknown\n", "10.0.0.1"),
        (1, "::ffff:198.51.100.9", "198.51.100.9"),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
    ],
)
def test_the_outermost_trusted_proxy_is_believed(
    proxies: int, forwarded: str | None, client: str, settings: Settings
) -> None:
    assert seen(settings, proxies, forwarded) == client


def test_a_connection_without_an_address_has_none(settings: Settings) -> None:
    assert seen(settings, 0, None, connected="") is None
    assert network(None) == ""


def test_addresses_that_one_client_chooses_from_are_one_network() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1")
    assert network("2001:db8::1") != network("2001:db8:0:1::1")
    assert network("198.51.100.9") == "198.51.100.9"
