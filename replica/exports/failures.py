"""What went wrong with a sync, in a sentence that a data manager can act on."""

from dataclasses import dataclass

import psycopg
from django.db import OperationalError
from psycopg import errors

from replica.databases.provisioning import ProvisioningRefused
from replica.exports.copy import FlowIsBusy


class FilledByOthers(Exception):
    """The replica was registered by its reader's address alone: somebody else writes it."""


@dataclass(frozen=True)
class Failure:
    """`passing`: the same may well succeed a little later."""

    sentence: str
    passing: bool = False


# The first that fits counts, so the narrower ones come first.
KNOWN: list[tuple[type[Exception], str, bool]] = [
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
        "The store or the replica lacks a table. Run manage.py migrate to make the store's tables.",
        False,
    ),
    (
        errors.InvalidCatalogName,
        "The replica's database is gone from its server. Restore it, or delete it here.",
        False,
    ),
    (
        psycopg.OperationalError,
        "The database server of the store or the replica does not answer, or broke the connection off. Check that it"
        " runs and that REPLICA_SERVER_URL and STORE_URL are right.",
        True,
    ),
    (OperationalError, "The dashboard's own database does not answer.", True),
]


def explain(error: Exception) -> Failure:
    """The sentence for an exception; never the exception's own text, which may quote addresses or data."""
    if isinstance(error, ProvisioningRefused | FilledByOthers):
        return Failure(str(error))
    for kind, sentence, passing in KNOWN:
        if isinstance(error, kind):
            return Failure(sentence, passing)
    return Failure(f"The sync met an unexpected {type(error).__name__}. The worker's log has the details.")
