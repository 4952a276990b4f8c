"""Turns whatever made a sync fail into a sentence that a data manager can act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.db import OperationalError
from psycopg import errors

from replica.databases.provisioning import ProvisioningRefused
from replica.exports.copy import FlowIsBusy, ForeignSession
from statetrace_ui.addresses import BadAddress
from statetrace_ui.installation import command
from statetrace_ui.web.errors import UserError

SESSION = "session "  # begins the note of a failure that names its session


class FilledByOthers(Exception):
    """The replica was registered by its reader's address alone, so this dashboard cannot write it."""


class NotAccepted(Exception):
    """No manager of the organisation that is to receive the flow has said yes."""


class NotEmpty(Exception):
    """The target's database holds tables of somebody else."""


SPEAKING = (ProvisioningRefused, FilledByOthers, NotAccepted, NotEmpty, ForeignSession, BadAddress)


@dataclass(frozen=True)
class Failure:
    """`transient`: the same sync may succeed a little later."""

    sentence: str
    transient: bool = False


# The first match counts, so subclasses stand before their base classes. The last column is `transient`.
FAILURES: list[tuple[type[Exception], str, bool]] = [
    (FlowIsBusy, "Another sync of this user flow is still writing.", True),
    (errors.DiskFull, "The disk of the replica's server is full. Make room there, then sync again.", True),
    (errors.LockNotAvailable, "A table of the replica that must be altered is being read.", True),
    (errors.TooManyConnections, "The database server has no connection free.", True),
    (
        errors.InvalidPassword,
        "The database server refuses the dashboard's password. Correct REPLICA_SERVER_URL or STORE_URL.",
        False,
    ),
    (
        errors.InsufficientPrivilege,
        "The dashboard's role lacks a right on the database server. REPLICA_SERVER_URL needs a role with CREATEDB"
        " and CREATEROLE that owns the replica databases.",
        False,
    ),
    (
        errors.ReadOnlySqlTransaction,
        "The replica's server accepts no writes: it is a standby, or set to read-only.",
        False,
    ),
    (
        errors.UndefinedTable,
        f"The store or the replica lacks a table. `{command('up')}` and every import make the store's missing tables."
        " If a replica lacks a table, drop its database: the next sync makes it anew.",
        False,
    ),
    (
        errors.InvalidCatalogName,
        "The replica's database is missing on its server. If REPLICA_SERVER_URL names that server, the next sync makes"
        " it anew; otherwise restore it.",
        False,
    ),
    (
        psycopg.OperationalError,
        "The database server of the store or the replica does not answer, or broke off the connection. Check that it"
        " runs and that REPLICA_SERVER_URL and STORE_URL are right.",
        True,
    ),
    (OperationalError, "The dashboard's own database does not answer.", True),
]


@contextmanager
def in_session(session_id: str) -> Iterator[None]:
    """Note on a failure which session it met."""
    try:
        yield
    except Exception as error:
        error.add_note(SESSION + session_id)
        raise


def explain(error: Exception) -> Failure:
    """The sentence for an exception; never the exception's own text, which may quote addresses or rows."""
    if isinstance(error, SPEAKING):
        return Failure(str(error))
    if isinstance(error, UserError):
        return Failure(error.sentence)
    for kind, sentence, transient in FAILURES:
        if isinstance(error, kind):
            return Failure(sentence, transient)
    if isinstance(error, psycopg.Error) and error.sqlstate:
        return Failure(_refusal(error))
    return Failure(f"The sync met an unexpected {type(error).__name__}. The worker's log has the details.")


def for_log(error: Exception) -> Exception | None:
    """The exception, if the log may show its text: what a server answers may quote the values of a row."""
    return None if isinstance(error, psycopg.Error) and error.sqlstate else error


def _refusal(error: psycopg.Error) -> str:
    """What a server refused, where, and why, without a value of any row."""
    notes = [note.removeprefix(SESSION) for note in getattr(error, "__notes__", []) if note.startswith(SESSION)]
    named = {
        "table": error.diag.table_name,
        "column": error.diag.column_name,
        "constraint": error.diag.constraint_name,
        "session": next(iter(notes), None),
    }
    where = ", ".join(f"{kind} {name}" for kind, name in named.items() if name)
    # Messages of integrity violations name the constraint; those about data, as "invalid input", quote the value.
    may_quote = isinstance(error, errors.DataError) or not error.diag.message_primary
    reason = type(error).__name__ if may_quote else error.diag.message_primary
    place = f" ({where})" if where else ""
    return (
        f"A database server refused a statement: {reason}{place}, code {error.sqlstate}. Correct this, then sync again."
    )
