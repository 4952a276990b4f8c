"""What an exchange says about itself."""

import datetime as dt

import pytest

from replica.network import exchange_times, failed, host_of, kind_of, path_of, phases
from replica.schema.models import Exchange


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://u:p@a.test:81/x?y#z", "a.test:81", "/x?y"),
        ("https://a.test", "a.test", "/"),
        ("data:text/plain,x", "no host", "data:text/plain,x"),
        ("https://[bad", "no host", "https://[bad"),
        ("", "no host", "/"),
    ],
)
def test_any_url_has_a_host_and_a_path(url: str, host: str, path: str) -> None:
    assert (host_of(url), path_of(url)) == (host, path)


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [("application/json; charset=x", "json"), ("image/png", "image"), (None, ""), ("x/y", "x/y")],
)
def test_kinds_of_content(content_type: str | None, kind: str) -> None:
    assert kind_of(content_type) == kind


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("//a.test/x", "a.test"),
        ("https://a@b@c.test/", "c.test"),
        ("https://[::1]:8000/x", "[::1]:8000"),
        ("https://[::1", "no host"),
        ("https:///x", "no host"),
        ("https://a.test?x#y", "a.test"),
        ("/only/a/path", "no host"),
    ],
)
def test_hosts_of_odd_urls(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(("status", "expected"), [(None, True), (0, True), (399, False), (400, True), (503, True)])
def test_errors_and_missing_answers_are_failures(status: int | None, expected: bool) -> None:
    assert failed(status) is expected


def test_the_rest_of_an_exchange_is_a_phase_of_its_own() -> None:
    exchange = Exchange(duration=350, tcp_connect=20, tls_handshake=None, wait=200, receive=60)
    assert phases(exchange)[-1] == ("Queue and the rest", 70)
    assert ("TLS handshake", None) in phases(exchange)
    exchange.duration = 280
    assert phases(exchange)[-1] == ("Receive", 60)


def test_an_exchange_without_an_end_ends_after_its_duration() -> None:
    origin = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)
    exchange = Exchange(start_time=origin + dt.timedelta(seconds=1), end_time=None, duration=350)
    assert exchange_times(exchange, origin) == (1000, 1350)
    exchange.duration = -5
    assert exchange_times(exchange, origin) == (1000, 1000)
