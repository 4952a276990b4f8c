"""Connections to an audited database: the same text forms on every one of them, and errors that a person can read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

# Replication and baseline must write a value in the same form, whatever the role's or database's own settings are.
# Row security would silently hide rows from the baseline: switched off, the server says so instead.
TEXT_FORMS = (
    "-c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC -c bytea_output=hex -c extra_float_digits=3"
    " -c search_path=pg_catalog,public -c statement_timeout=0 -c lock_timeout=0"
    " -c idle_in_transaction_session_timeout=0 -c row_security=off"
)
Connection = psycopg.Connection[tuple[Any, ...]]


class CaptureError(Exception):
    """What went wrong with an audited database, and what to do about it. Shown to people as it is."""


class SlotLost(CaptureError):
    """Changes were not captured and cannot be any more: only a new baseline helps."""


def connect(url: str, **options: Any) -> Connection:
    """An autocommit connection. Raises CaptureError."""
    try:
        own = str(conninfo_to_dict(url).get("options") or "")
    except psycopg.ProgrammingError:
        raise CaptureError(
            "The URL is not understood: it looks like postgresql://user:password@host:5432/database."
        ) from None
    with readable_errors("The audited database cannot be reached"):
        return psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=10,
            client_encoding="UTF8",
            application_name="statetrace",
            # A server that vanished without a word is noticed within a minute.
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            options=f"{own} {TEXT_FORMS}".strip(),
            **options,
        )


def connect_for_replication(url: str) -> Connection:
    """A walsender's connection: it takes replication commands. Raises CaptureError."""
    return connect(url, replication="database")


@contextmanager
def readable_errors(doing: str) -> Iterator[None]:
    """The driver's errors as one sentence: `doing`, and what the server said."""
    try:
        yield
    except psycopg.Error as error:
        raise CaptureError(f"{doing}: {_first_line(error)}.") from error


def _first_line(error: psycopg.Error) -> str:
    said = error.diag.message_primary or next(iter(str(error).splitlines()), type(error).__name__)
    return re.sub(r"\s+", " ", said).strip().rstrip(".")
