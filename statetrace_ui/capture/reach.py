"""Which servers this machine calls for people who are no operators of it.

An operator's own address goes anywhere: by a command, or by a superuser on a page. Addresses of others are written
with their protection (`addresses.Address.url`), which tells them apart. They lead to public internet addresses, and to
private ones of the hosts in SOURCE_OWN_HOSTS. The name is looked up for each connection: what was checked is called.
"""

import socket
from typing import Any

from django.conf import settings

from statetrace_ui.addresses import Address, BadAddress, is_protected, parse
from statetrace_ui.deliveries.networks import is_allowed
from statetrace_ui.wal.connection import SourceError


class NotAllowed(SourceError):
    """The address leads where only an operator may have this machine call."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is at an address that is not public. Whoever runs this site can allow it: SOURCE_OWN_HOSTS={host}"
        )


def place_of(url: str) -> str:
    """The internet address that may be called for the URL; '' for any, if an operator wrote it. Raises SourceError."""
    try:
        return place(parse(url)) if is_protected(url) else ""
    except BadAddress:
        return ""  # whoever connects says so


def place(address: Address) -> str:
    """Where the host is now. Raises SourceError if it is nowhere, or NotAllowed."""
    found = _look_up(address)
    own = bool({address.host.lower(), f"{address.host.lower()}:{address.port}"} & set(settings.SOURCE_OWN_HOSTS))
    if not all(is_allowed(one, own) for one in found):
        raise NotAllowed(address.host)
    return found[0]


def _look_up(address: Address) -> list[str]:
    """The host's addresses, IPv4 first."""
    try:
        found: list[Any] = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceError(f"No server is known by the name {address.host}.") from None
    ordered = sorted(found, key=lambda one: one[0] != socket.AF_INET)
    return [str(one[4][0]) for one in ordered]
