"""Whether the server of a replica speaks TLS, and by which certificate: what tools must be told to check it."""

import hashlib
import socket
import ssl
import struct
import time
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from replica.databases import addresses
from replica.databases.models import Replica
from replica.databases.server import CONNECT_TIMEOUT

REQUEST = struct.pack("!ii", 8, 80877103)  # the protocol's SSLRequest
KEPT = 60  # seconds: a server is not asked for each page
_known: dict[tuple[str, str], tuple[float, "Tls"]] = {}


@dataclass(frozen=True, slots=True)
class Certificate:
    """fingerprint: SHA-256, in groups of two digits."""

    subject: str
    issuer: str
    ends: datetime
    fingerprint: str

    @property
    def is_self_signed(self) -> bool:
        return self.subject == self.issuer


@dataclass(frozen=True, slots=True)
class Tls:
    """mode: the sslmode that tools should use, '' where there is no network in between. offered: None if unknown."""

    mode: str
    offered: bool | None
    certificate: Certificate | None = None


def tls_of(replica: Replica) -> Tls:
    """What the server answers to a client that asks for TLS; a socket of the machine itself needs none."""
    host, port = (addresses.part_of(replica.owner_url, *one) for one in (("host", "localhost"), ("port", "5432")))
    if host.startswith("/"):
        return Tls("", offered=False)
    asked, known = _known.get((host, port), (0.0, None))
    if known is None or time.monotonic() - asked > KEPT:
        known = _asked(host, int(port))
        _known[host, port] = (time.monotonic(), known)
    return known


def _asked(host: str, port: int) -> Tls:
    try:
        with socket.create_connection((host, port), timeout=CONNECT_TIMEOUT) as plain:
            plain.sendall(REQUEST)
            if plain.recv(1) != b"S":
                return Tls("prefer", offered=False)
            with _unchecked().wrap_socket(plain, server_hostname=host) as encrypted:
                return Tls("verify-full", offered=True, certificate=_certificate(encrypted.getpeercert(True) or b""))
    except (OSError, ValueError):
        return Tls("verify-full", offered=None)


def _unchecked() -> ssl.SSLContext:
    """Nothing secret is sent here, and what is shown is what the server presents to anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _certificate(der: bytes) -> Certificate:
    read = x509.load_der_x509_certificate(der)
    return Certificate(
        subject=read.subject.rfc4514_string(),
        issuer=read.issuer.rfc4514_string(),
        ends=read.not_valid_after_utc,
        fingerprint=hashlib.sha256(der).digest().hex(":"),
    )
