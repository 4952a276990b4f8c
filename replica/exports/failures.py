"""Turns whatever made a sync fail into a sentence that a data manager can act on."""

from dataclasses import dataclass

import psycopg
from django.db import OperationalError
from psycopg import errors

from replica.databases.provisioning import ProvisioningRefused
from replica.exports.copy import FlowIsBusy
from statetrace_ui.installation import command


class FilledByOthers(Exception):
    """The replica was registered by its reader's address alone, so this dashboard cannot write it."""


@dataclass(frozen=True)
class Failure:
    """`transient`: the same sync may succeed a little later."""

    sentence: str
    transient: bool = False


# The first match counts, so subclasses stand before their base classes. The last column is `transient`.
FAILURES: list[tuple[type[Exception], str, bool]] = [
    (FlowIsBusy, "Another sync of this user flow is still writing.", True),
    (errors.DiskFull, "The disk of the replica's server is full. Make room there, then sync again.", True),
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


def explain(error: Exception) -> Failure:
    """The sentence for an exception; never the exception's own text, which may quote addresses or data."""
    if isinstance(error, ProvisioningRefused | FilledByOthers):
        return Failure(str(error))
    for kind, sentence, transient in FAILURES:
        if isinstance(error, kind):
            return Failure(sentence, transient)
    return Failure(f"The sync met an unexpected {type(error).__name__}. The worker's log has the details.")
