"""Connections to an audited database. All write values in the same text form and raise readable errors."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

# Stream and baseline must write a value in the same form, whatever the settings of the role and the database are.
# Row security would silently hide rows from the baseline; with row_security off the server raises an error instead.
TEXT_FORMS = (
    "-c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC -c bytea_output=hex -c extra_float_digits=3"
    " -c search_path=pg_catalog,public -c statement_timeout=0 -c lock_timeout=0"
    " -c idle_in_transaction_session_timeout=0 -c row_security=off"
)
Connection = psycopg.Connection[tuple[Any, ...]]


class SourceError(Exception):
    """Something failed at an audited database. The message, which people read, says what failed and what to do."""


class SlotLost(SourceError):
    """The server no longer has changes that were not captured yet. Only a new baseline helps."""


def connect(url: str, **options: Any) -> Connection:
    """An autocommit connection. Raises SourceError."""
    try:
        options_of_url = str(conninfo_to_dict(url).get("options") or "")
    except psycopg.ProgrammingError:
        raise SourceError(
            "The URL is not understood: it looks like postgresql://user:password@host:5432/database."
        ) from None
    with readable_errors("The audited database cannot be reached"):
        return psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=10,
            client_encoding="UTF8",
            application_name="statetrace",
            # The client notices within a minute that the server has vanished.
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            options=f"{options_of_url} {TEXT_FORMS}".strip(),
            **options,
        )


def connect_for_replication(url: str) -> Connection:
    """A connection that takes replication commands. Raises SourceError."""
    return connect(url, replication="database")


@contextmanager
def readable_errors(failure: str) -> Iterator[None]:
    """Turn the driver's errors into a SourceError: `failure`, then the server's message."""
    try:
        yield
    except psycopg.Error as error:
        message = first_line(error.diag.message_primary or str(error)) or type(error).__name__
        raise SourceError(f"{failure}: {message}.") from error


def first_line(message: str) -> str:
    """A server's message up to its first line break, without a full stop; '' if the message is empty."""
    lines = message.strip().splitlines()
    return re.sub(r"\s+", " ", lines[0]).rstrip(".") if lines else ""
