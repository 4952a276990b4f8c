"""What an HTTP exchange says about itself: host, path, kind, failure, times. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from statetrace_ui.web.timeline import milliseconds

if TYPE_CHECKING:
    from datetime import datetime

    from replica.beside.models import ExchangeDetail
    from replica.schema.models import Exchange

NO_HOST = "no host"
# What a URL with a host begins with, and what a host with its port looks like. Python and PostgreSQL read both alike:
# queries filter by the host that pages show.
ORIGIN = r"\A(?:[A-Za-z][A-Za-z0-9+.-]*:)?//"
HOST = r"\A(?:[^][]+|\[[0-9A-Fa-f:.]+\](?::[0-9]*)?)\Z"
SERVER = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s)]*")  # within a text, such as the name of a script's function
_ORIGIN, _HOST, _AUTHORITY = re.compile(ORIGIN), re.compile(HOST), re.compile("[^/?]*")
FAILED = 400  # an answer fails from this status on
KINDS = ("json", "html", "javascript", "css", "image", "font", "video", "audio")


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """An exchange as the list shows it: `start` in ms after the session's start, `ms` its duration."""

    exchange: Exchange
    host: str
    path: str
    kind: str
    failed: bool
    start: float
    ms: float


def exchange_row(exchange: Exchange, origin: datetime) -> ExchangeRow:
    """The row of an exchange in a session that started at `origin`."""
    start, end = exchange_times(exchange, origin)
    return ExchangeRow(
        exchange=exchange,
        host=host_of(exchange.url),
        path=path_of(exchange.url),
        kind=kind_of(exchange.content_type),
        failed=failed(exchange.status),
        start=start,
        ms=end - start,
    )


def exchange_times(exchange: Exchange, origin: datetime) -> tuple[float, float]:
    """Start and end of an exchange in ms after `origin`."""
    start = milliseconds(exchange.start_time - origin)
    if exchange.end_time:
        return start, max(start, milliseconds(exchange.end_time - origin))
    return start, start + max(0, exchange.duration or 0)


def phases(exchange: Exchange, detail: ExchangeDetail | None = None) -> list[tuple[str, int | None]]:
    """The parts of an exchange's time in ms, None where one was not measured; the last part is the rest."""
    measured: list[tuple[str, int | None]] = [
        ("DNS look-up", detail.dns_ms if detail else None),
        ("TCP connect", exchange.tcp_connect),
        ("TLS handshake", exchange.tls_handshake),
        ("Send", detail.send_ms if detail else None),
        ("Wait for first byte", exchange.wait),
        ("Receive", exchange.receive),
    ]
    rest = (exchange.duration or 0) - sum(ms or 0 for _, ms in measured)
    return [*measured, ("Queue and the rest", rest)] if rest > 0 else measured


def failed(status: int | None) -> bool:
    """Whether an exchange ended in an error of HTTP, or without an answer."""
    return not status or status >= FAILED


def without_servers(text: str) -> str:
    """The text without the addresses of servers: what runs is the same wherever it came from."""
    return SERVER.sub("", text) if "://" in text else text


def host_of(url: str) -> str:
    """The host with its port; NO_HOST if the URL has none."""
    end = url.find("/", url.find("//") + 2)  # the host ends here or before
    return _host_of(url if end < 0 else url[:end])


@lru_cache(maxsize=256)
def _host_of(beginning: str) -> str:
    return _split(beginning)[0] or NO_HOST


def path_of(url: str) -> str:
    """Path and query; the whole URL if it has no host, since any text may have been recorded as one."""
    return _split(url)[1] or "/"


def _split(url: str) -> tuple[str, str]:
    """Host, and path with query; of a URL without a host, "" and all of it."""
    origin = _ORIGIN.match(url)
    rest = url[origin.end() :].partition("#")[0] if origin else ""
    authority = _AUTHORITY.match(rest)[0]  # type: ignore[index]  # it matches "" too
    host = authority.rpartition("@")[2]
    if not _HOST.match(host):
        return "", url
    path = rest[len(authority) :]
    return host, path if path.startswith("/") else f"/{path}"


@lru_cache(maxsize=256)
def kind_of(content_type: str | None) -> str:
    """What was transferred, in one word; it decides the colour of an exchange."""
    media = (content_type or "").partition(";")[0].strip().lower()
    return next((kind for kind in KINDS if kind in media), media)
