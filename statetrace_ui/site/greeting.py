"""Where the site is reached, and what is said as soon as it answers."""

import http.client
import ipaddress
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.accounts import setup

PATIENCE_SECONDS = 1.0


def site_url() -> str:
    """The address that people type: behind a proxy the first of ALLOWED_HOSTS, else where the web server listens."""
    host = settings.ALLOWED_HOSTS[0].removeprefix(".")
    if settings.TLS and host != "*":
        return f"https://{host}"
    return f"http://{_reachable(settings.WEB_HOST)}:{settings.WEB_PORT}"


def setup_sentences() -> list[str]:
    """A new link for the first administrator, with what to do with it; nothing if there is an administrator."""
    token = setup.new_token()
    if token is None:
        return []
    until = timezone.localtime(timezone.now() + setup.LASTS)
    return [
        "Nobody can sign in yet. This link makes the first administrator."
        f" It works once, until {until:%d %b, %H:%M %Z}:",
        f"{site_url()}{reverse('first-administrator', args=[token])}",
    ]


def answers() -> bool:
    """Whether the web server answers anything at all."""
    connection = http.client.HTTPConnection(
        _reachable(settings.WEB_HOST).strip("[]"), settings.WEB_PORT, timeout=PATIENCE_SECONDS
    )
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", reverse("login"))
        return connection.getresponse().status > 0
    connection.close()
    return False


@dataclass
class Greeting:
    """Called again and again, it calls `say` once: as soon as the web server answers."""

    say: Callable[[], None]
    said: bool = False

    def __call__(self) -> None:
        if not self.said and answers():
            self.said = True
            self.say()


def _reachable(host: str) -> str:
    """The host in an address; of a server that listens everywhere, this machine."""
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        if address.is_unspecified:
            return "127.0.0.1" if address.version == 4 else "[::1]"
        return f"[{address}]" if address.version == 6 else host
    return host
