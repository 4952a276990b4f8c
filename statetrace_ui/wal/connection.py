"""Connections to an audited database. All write values in the same text form and raise readable errors."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from statetrace_ui.addresses import BadAddress, protected
from statetrace_ui.deadlines import DeadlineConnection

# These win over the settings of the role, of the database and of the environment.
SETTINGS = (
    # PostgreSQL prefers a function whose argument types fit exactly over one that stands earlier in the search path.
    # With any further schema in the path, whoever may create a function there could run it as capture's role.
    "-c search_path=pg_catalog"
    # Stream and baseline must write a value in the same form, and a type's name too.
    " -c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC -c bytea_output=hex -c extra_float_digits=3"
    " -c quote_all_identifiers=off -c standard_conforming_strings=on"
    " -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
    " -c default_transaction_read_only=off"
    # Row security would silently hide rows from the baseline; with row_security off the server raises an error instead.
    " -c row_security=off"
)
# Not every supported version has these. A table that was listed may be a view by the time it is read, and a view
# calls functions of its owner's choice as whoever reads it: the server must refuse to read it.
NEWER_SETTINGS = """
SELECT set_config(wanted.name, wanted.setting, false)
FROM (VALUES ('restrict_nonsystem_relation_kind', 'view, foreign-table'), ('transaction_timeout', '0'),
             ('idle_session_timeout', '0')) AS wanted (name, setting)
JOIN pg_settings USING (name)
"""
URL_NOT_UNDERSTOOD = "The URL is not understood: it looks like postgresql://user:password@host:5432/database."
Connection = psycopg.Connection[tuple[Any, ...]]
APPLICATION_NAME = "statetrace"
_application_name = APPLICATION_NAME
CONNECT_SECONDS = 10
# Until when the server must have answered, by the monotonic clock; None: for as long as it takes.
_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)
# Given a URL, says which internet address alone may be called for it; '' for any. It may raise SourceError.
_place_of: Callable[[str], str] = lambda _: ""  # noqa: E731


class SourceError(Exception):
    """Something failed at an audited database. The message, which people read, says what failed and what to do.

    sentence: the message without the server's own words, which may name hosts, roles and values of rows. Whoever may
    only read sees the sentence alone. detail: those words, '' if there are none.
    """

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(f"{sentence.removesuffix('.')}: {detail}." if detail else sentence)
        self.sentence = sentence
        self.detail = detail


class _TimedConnection(DeadlineConnection):
    @property
    def deadline(self) -> float:  # type: ignore[override]
        return max(0.0, (_ends_at.get() or 0.0) - time.monotonic())


class SlotLost(SourceError):
    """The server no longer has changes that were not captured yet. Only a new baseline helps."""


def connect(url: str, **options: Any) -> Connection:
    """An autocommit connection, with nothing from the environment or files of whoever runs this. Raises SourceError."""
    ends_at = _ends_at.get()
    opened: type[Connection] = psycopg.Connection if ends_at is None else _TimedConnection
    if place := _place_of(url):
        options["hostaddr"] = place
    with readable_errors("The audited database cannot be reached"):
        connection = opened.connect(
            _protected(url),
            autocommit=True,
            connect_timeout=_seconds_to_connect(ends_at),
            client_encoding="UTF8",
            application_name=_application_name,
            # The client notices within a minute that the server has vanished.
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            options=SETTINGS,
            **options,
        )
        try:
            connection.execute(NEWER_SETTINGS)
        except BaseException:
            connection.close()
            raise
    return connection


def _seconds_to_connect(ends_at: float | None) -> int:
    return CONNECT_SECONDS if ends_at is None else max(2, min(CONNECT_SECONDS, int(ends_at - time.monotonic())))


@contextmanager
def answers_within(seconds: float) -> Iterator[None]:
    """What this thread asks of servers inside is answered within so many seconds, else it is a SourceError.

    `statement_timeout` is the server's promise, and keepalives are answered by its kernel.
    """
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def call_only(place_of: Callable[[str], str]) -> None:
    """Have `place_of` say which internet address may be called for a URL."""
    global _place_of
    _place_of = place_of


def name_connections(name: str) -> None:
    """What the connections that this process opens from now on are called in the server's list of sessions."""
    global _application_name
    _application_name = name


def server_answers(url: str) -> bool:
    """Whether the server accepts connections; nobody signs in for that."""
    try:
        place = _place_of(url)
        conninfo = make_conninfo(_protected(url), connect_timeout=2, **({"hostaddr": place} if place else {}))
    except SourceError:
        return False
    return PGconn.ping(conninfo.encode()) == Ping.OK


def _protected(url: str) -> str:
    try:
        return protected(url)
    except BadAddress:
        raise SourceError(URL_NOT_UNDERSTOOD) from None


def connect_for_replication(url: str) -> Connection:
    """A connection that takes replication commands. Raises SourceError."""
    return connect(url, replication="database")


@contextmanager
def readable_errors(failure: str) -> Iterator[None]:
    """Turn the driver's errors into a SourceError: `failure`, with the server's message as its detail."""
    try:
        yield
    except psycopg.Error as error:
        message = first_line(error.diag.message_primary or str(error)) or type(error).__name__
        raise SourceError(f"{failure}.", message) from error


def first_line(message: str) -> str:
    """A server's message up to its first line break, without a full stop; '' if the message is empty."""
    lines = message.strip().splitlines()
    return re.sub(r"\s+", " ", lines[0]).rstrip(".") if lines else ""
