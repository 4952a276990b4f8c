"""Where a webhook goes: addresses that people enter, and the internet addresses that their hosts have."""

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from statetrace_ui.deliveries.networks import is_allowed

LONGEST_URL = 2_000
HOST = re.compile(r"[a-z0-9._:-]+")
VISIBLE = re.compile(r"[!-~]+")  # ASCII without blanks: nothing in it can end a line of the request
PORTS = {"https": 443, "http": 80}
Place = tuple[socket.AddressFamily, tuple[str, int]]


class BadTarget(Exception):
    """A webhook may not go to this address. The message says why, and quotes nothing but the host."""


@dataclass(frozen=True)
class Target:
    """host: without a port. path: with the query string; it may hold a token."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host as a request names it; with the port where that is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_own(self) -> bool:
        """Whether the operator has listed the host, so that it may be private and spoken to by http."""
        return bool({self.host, f"{self.host}:{self.port}"} & set(settings.WEBHOOK_OWN_HOSTS))


def parse(url: str) -> Target:
    """Raises BadTarget."""
    if len(url) > LONGEST_URL or not VISIBLE.fullmatch(url) or "\\" in url:
        raise BadTarget(f"Use an address of up to {LONGEST_URL} characters, without blanks; other signs as %XX.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise BadTarget("This is not an address such as https://example.com/hooks/statetrace.") from None
    if parts.scheme not in PORTS or not HOST.fullmatch(host):
        raise BadTarget("Use an address that begins with https:// and names a host.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadTarget("Leave out user, password and fragment; a token may stand in path or query.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, host, port, path)
    if target.scheme == "http" and not target.is_own:
        raise BadTarget("Use https: by http anybody on the way could read and alter what is sent.")
    _refuse_literal(target)
    return target


def _refuse_literal(target: Target) -> None:
    """What is an internet address already need not wait for the first message to be refused."""
    try:
        ip_address(target.host)
    except ValueError:
        return
    if not is_allowed(target.host, target.is_own):
        raise _forbidden(target)


def _forbidden(target: Target) -> BadTarget:
    return BadTarget(f"{target.host} is at an address that is not public. Only whoever runs this site can allow that.")


def resolve(target: Target, seconds: float) -> list[Place]:
    """Where the host is now: the one time that it is asked for, so what was checked is what is called.

    Raises BadTarget if any of its addresses is not allowed, socket.gaierror if the host has none, TimeoutError after
    `seconds`.
    """
    found = _within(lambda: socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM), seconds)
    places: list[Place] = [(family, (str(address[0]), target.port)) for family, _, _, _, address in found]
    if not all(is_allowed(address, target.is_own) for _, (address, _) in places):
        raise _forbidden(target)
    return places


def _within(look_up: Callable[[], list[Any]], seconds: float) -> list[Any]:
    """The resolver has no time limit of its own; one that does not answer is left to itself."""
    found: list[list[Any]] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            found.append(look_up())
        except UnicodeError:  # a name that cannot be
            errors.append(socket.gaierror())
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not found:
        raise TimeoutError
    return found[0]
