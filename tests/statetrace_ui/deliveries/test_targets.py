"""Addresses of webhooks as people enter them."""

import socket
from typing import Any

import pytest
from django.conf import settings

from statetrace_ui.deliveries.targets import BadTarget, parse, resolve


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://example.com", "example.com", "/"),
        ("https://EXAMPLE.com:443/a?b=c", "example.com", "/a?b=c"),
        ("https://example.com.:8443/%7Ea/", "example.com:8443", "/%7Ea/"),
        ("https://8.8.8.8/", "8.8.8.8", "/"),
        ("https://[2606:4700:4700::1111]:8443/x", "[2606:4700:4700::1111]:8443", "/x"),
    ],
)
def test_addresses_are_read(url: str, authority: str, path: str) -> None:
    target = parse(url)
    assert (target.authority, target.path) == (authority, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "//example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://example.com/",
        "https://",
        "https:///hook",
        "https://user@example.com/",
        "https://user:hunter2@example.com/",
        "https://@example.com/",
        "https://example.com/#part",
        "https://example.com:0x50/",
        "https://example.com:70000/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nHost: other",
        "https://example.com\\@localhost/",
        "https://exämple.com/",
        "https://exa%6dple.com/",
        "https://[::1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[fe80::1%25eth0]/",
        "https://169.254.169.254/latest/meta-data/",
        f"https://example.com/{'x' * 2000}",
    ],
)
def test_other_addresses_are_refused_without_quoting_them(url: str) -> None:
    with pytest.raises(BadTarget) as refusal:
        parse(url)
    assert "hunter2" not in str(refusal.value)


def test_hosts_of_the_operator_may_be_private_and_speak_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WEBHOOK_OWN_HOSTS", ["127.0.0.1", "bus.internal:8080"])
    assert parse("http://127.0.0.1:9000/x").is_own
    assert parse("http://bus.internal:8080/").is_own
    for other in ("http://bus.internal/", "http://bus.internal:8081/", "http://x.bus.internal:8080/"):
        with pytest.raises(BadTarget):
            parse(other)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "localhost."])
def test_names_of_this_machine_are_refused_when_they_are_looked_up(host: str) -> None:
    with pytest.raises(BadTarget):
        resolve(parse(f"https://{host}/"), 5)


def named(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Have names stand for these addresses; returns the names that are looked up."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = named(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(BadTarget):
        resolve(parse("https://hooks.example.com/"), 5)
    assert asked == ["hooks.example.com"]


def test_a_name_without_an_address_is_an_error() -> None:
    for name in ("no-such-name.invalid", f"{'x' * 70}.example.com"):
        with pytest.raises(socket.gaierror):
            resolve(parse(f"https://{name}/"), 20)
