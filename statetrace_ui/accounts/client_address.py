"""Where a request comes from, believing no header that the client could have written itself."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address; None where there is none, as on a Unix socket.

    Each proxy appends the address that it was called from to X-Forwarded-For. With `TRUSTED_PROXIES` proxies in front,
    the entry as far from the end was therefore written by the outermost of them; what stands before it, the client may
    have made up. A request with fewer entries has not come through all of them: its own connection counts.
    """
    connected = _valid(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if not 0 < settings.TRUSTED_PROXIES <= len(forwarded):
        return connected
    return _valid(forwarded[-settings.TRUSTED_PROXIES]) or connected


def network(address: str | None) -> str:
    """What one client can choose its addresses from: the /64 of an IPv6 address, else the address itself."""
    if address is None:
        return ""
    parsed = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _valid(text: str) -> str | None:
    try:
        parsed = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        # A zone, as in fe80::1%eth0, is this machine's business.
        return str(mapped or ipaddress.IPv6Address(int(parsed)))
    return str(parsed)
