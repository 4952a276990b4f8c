"""Where the site is, and that this is said as soon as it answers."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core import checks
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from statetrace_ui.site.greeting import Greeting, answers, setup_sentences, site_url


@pytest.mark.parametrize(
    ("tls", "hosts", "host", "url"),
    [
        (False, ["localhost"], "127.0.0.1", "http://127.0.0.1:8000"),
        (False, ["localhost"], "0.0.0.0", "http://127.0.0.1:8000"),
        (False, ["localhost"], "::", "http://[::1]:8000"),
        (False, ["localhost"], "2001:db8::1", "http://[2001:db8::1]:8000"),
        (True, ["statetrace.example", "other"], "127.0.0.1", "https://statetrace.example"),
        (True, [".example"], "127.0.0.1", "https://example"),
        (True, ["*"], "127.0.0.1", "http://127.0.0.1:8000"),
    ],
)
def test_the_address_is_the_one_that_people_type(
    tls: bool, hosts: list[str], host: str, url: str, settings: Settings
) -> None:
    settings.TLS, settings.ALLOWED_HOSTS, settings.WEB_HOST, settings.WEB_PORT = tls, hosts, host, 8000
    assert site_url() == url


class Refuses(BaseHTTPRequestHandler):
    """A site that answers, if only with an error."""

    def do_GET(self) -> None:
        self.send_error(400)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def port(settings: Settings) -> int:
    """The site's port, at which nobody listens yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.WEB_HOST, settings.WEB_PORT = probe.getsockname()
    return int(settings.WEB_PORT)


def test_the_greeting_waits_for_the_web_server_and_is_said_once(port: int) -> None:
    said: list[str] = []
    greeting = Greeting(lambda: said.append("hello"))
    greeting()
    assert said == []
    with HTTPServer(("127.0.0.1", port), Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for _ in range(3):
            greeting()
        server.shutdown()
    assert said == ["hello"]


def test_a_port_that_takes_connections_and_says_nothing_does_not_answer(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statetrace_ui.site.greeting.PATIENCE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", port)):
        assert not answers()


@pytest.mark.long
@pytest.mark.django_db
def test_each_start_says_how_the_first_administrator_is_made(client: Client, settings: Settings) -> None:
    old, new = (setup_sentences()[1] for _ in range(2))
    assert new.startswith(f"http://{settings.WEB_HOST}:{settings.WEB_PORT}/account/first/")
    assert client.get(urlsplit(old).path).status_code == 404
    assert client.get(urlsplit(new).path).status_code == 200
    User.objects.create_superuser("ann", password="correct horse battery")
    assert setup_sentences() == []


@pytest.mark.django_db
def test_the_command_prints_a_link_while_there_is_nobody(client: Client) -> None:
    printed = StringIO()
    call_command("first_administrator", stdout=printed)
    assert client.get(urlsplit(printed.getvalue().splitlines()[-1]).path).status_code == 200
    User.objects.create_superuser("ann", password="correct horse battery")
    with pytest.raises(CommandError, match="There is an administrator already"):
        call_command("first_administrator")


def warnings() -> set[str]:
    found = checks.run_checks(include_deployment_checks=True)
    return {str(message.id) for message in found if not message.is_silenced()} - {"async.E001"}  # the tests' own


def test_a_production_site_is_warned_of_what_opens_it(settings: Settings) -> None:
    settings.ALLOWED_HOSTS, settings.TLS = ["statetrace.example"], True
    assert warnings() == set()
    settings.ALLOWED_HOSTS = ["*"]
    assert warnings() == {"statetrace.W001"}
    settings.TLS = False
    assert warnings() == {"statetrace.W001", "statetrace.W002"}
