"""Failures in words that hold no value of a row.

PostgreSQL quotes what it refuses: in the detail and context of an error, and in the messages of some classes of errors.
"""

import traceback

import psycopg

from statetrace_ui.history.refusals import EraEnded, RulesChanged
from statetrace_ui.wal.connection import SourceError, first_line
from statetrace_ui.wal.protocol import ProtocolError
from statetrace_ui.web.crypto import CredentialUnreadable

# Data exceptions and violated constraints: their messages may quote the value.
QUOTING_CLASSES = ("22", "23")
# Unforeseen, but with messages of our own.
OUR_ERRORS = (CredentialUnreadable, ProtocolError)


def described(error: BaseException) -> str:
    """What failed, in one sentence without values of rows."""
    if isinstance(error, SourceError | RulesChanged | EraEnded):
        return str(error)
    if isinstance(error, OUR_ERRORS):
        return f"Capture failed ({type(error).__name__}): {error}"
    refused = _database_error(error)
    if refused is None:
        return f"Capture failed ({type(error).__name__}); the log of the capture worker says where."
    return f"Capture failed ({type(error).__name__}): {_reason(refused)}."


def stack_of(error: BaseException) -> str:
    """Where it failed, without the messages of the errors."""
    return "".join(traceback.format_tb(error.__traceback__)).rstrip()


def _database_error(error: BaseException | None) -> psycopg.Error | None:
    """The driver's error; Django wraps it in one of its own."""
    while error is not None and not isinstance(error, psycopg.Error):
        error = error.__cause__
    return error


def _reason(error: psycopg.Error) -> str:
    diagnosis = error.diag
    if not (error.sqlstate or "").startswith(QUOTING_CLASSES):
        return first_line(diagnosis.message_primary or str(error))
    place = ".".join(filter(None, (diagnosis.table_name, diagnosis.column_name or diagnosis.constraint_name)))
    return f"the database refused a value ({error.sqlstate}{f', {place}' if place else ''})"
