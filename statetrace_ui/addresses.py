"""Addresses of databases that people enter: read, checked, and written anew without any secret of this machine.

libpq completes an address from the environment, password files, service files and key files of whoever runs this
program. An address that somebody else entered would send those secrets to a server of that person's choice.
"""

import os
import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

DEFAULT_PORT = 5432
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
PARTS = ("host", "port", "dbname", "user", "password", "sslmode")
EXAMPLE = "postgresql://user:password@host:5432/database"
# Neither a socket's folder (/run/…, @name) nor a list of hosts; a colon is part of an IPv6 address.
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}|[0-9A-Fa-f:.]{2,45}")
# What an address is given beside its parts. A part that is given, even as '', is not looked up in PG… variables.
PROTECTION = {
    "passfile": os.devnull,  # nobody's ~/.pgpass
    "require_auth": "scram-sha-256",  # never in clear, never a hash that can be replayed, never without a password
    "hostaddr": "",  # the server is the one that `host` names
    "options": "",
    "gssencmode": "disable",  # no ticket
    "sslcertmode": "disable",  # no client's certificate
    "sslcert": "",
    "sslkey": "",
    "sslpassword": "",
}


class BadAddress(ValueError):
    """The address is not taken; the message is a sentence that says why, and quotes no part of the address."""


@dataclass(frozen=True)
class Address:
    """A database on a server that is reached by TCP, and the role that may read it."""

    host: str
    database: str
    user: str
    password: str = field(repr=False)
    port: int = DEFAULT_PORT
    sslmode: str = "prefer"

    def url(self, ca_file: str = "") -> str:
        """The address with `PROTECTION`. ca_file: the certificate authorities that the operator trusts, if any."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        user, password, database = (quote(part, safe="") for part in (self.user, self.password, self.database))
        options = {"sslmode": self.sslmode, **PROTECTION, **({"sslrootcert": ca_file} if ca_file else {})}
        query = urlencode(options, quote_via=quote, safe="/")
        return f"postgresql://{user}:{password}@{host}:{self.port}/{database}?{query}"


def parse(text: str) -> Address:
    """The address in a URL or conninfo string, made of host, port, dbname, user, password and sslmode alone.

    What `Address.url` adds is taken too. Raises BadAddress.
    """
    parts = _parts(text)
    _refuse_other_parts(parts)
    for name, what in (("host", "a host"), ("dbname", "a database"), ("user", "a user"), ("password", "a password")):
        if not parts.get(name):
            raise BadAddress(f"The address must name {what}: {EXAMPLE}.")
    return Address(
        host=_host(parts["host"]),
        database=parts["dbname"],
        user=parts["user"],
        password=parts["password"],
        port=_port(parts.get("port", "")),
        sslmode=_sslmode(parts.get("sslmode", "")),
    )


def protected(url: str, ca_file: str = "") -> str:
    """An operator's own URL with `PROTECTION` in place of what the environment and files would add.

    All its other parts stay, a socket's folder too. Raises BadAddress if it is not understood.
    """
    extra = {"sslrootcert": ca_file} if ca_file else {}
    parts = {"port": str(DEFAULT_PORT), "sslmode": "prefer"} | _parts(url) | PROTECTION | extra
    return f"postgresql://?{urlencode(parts, quote_via=quote, safe='/')}"


def is_protected(url: str) -> bool:
    """Whether the URL was written by `Address.url` or `protected`."""
    parts = _parts(url)
    return all(parts.get(name) == value for name, value in PROTECTION.items())


def _parts(text: str) -> dict[str, str]:
    """The libpq keywords of an address with their values."""
    try:
        return {name: str(value) for name, value in conninfo_to_dict(text.strip()).items() if value is not None}
    except (ProgrammingError, UnicodeError):
        # The driver's message quotes the address, and the address may hold a password.
        raise BadAddress(f"The address is not understood. It looks like {EXAMPLE}.") from None


def _refuse_other_parts(parts: dict[str, str]) -> None:
    ours = {name for name, value in PROTECTION.items() if parts.get(name) == value}
    others = sorted(parts.keys() - set(PARTS) - ours)
    if others:
        raise BadAddress(f"The address must not hold {others[0]}: only {', '.join(PARTS)} are taken.")


def _host(host: str) -> str:
    if not HOST.fullmatch(host):
        raise BadAddress("The host must be one name or one IP address, not the folder of a socket and not a list.")
    return host


def _port(port: str) -> int:
    if not port:
        return DEFAULT_PORT
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise BadAddress("The port must be one number from 1 to 65535.")
    return int(port)


def _sslmode(mode: str) -> str:
    if mode and mode not in SSL_MODES:
        raise BadAddress(f"The sslmode must be one of {', '.join(SSL_MODES)}.")
    return mode or "prefer"
