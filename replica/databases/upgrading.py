"""Brings a replica that this dashboard fills to its schema: what is missing is made, narrower columns are widened.

Nothing is dropped, no value is cut: where a value does not fit, the server refuses and all stays as it was.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import errors

from replica.databases import shapes
from replica.databases.models import Replica
from replica.databases.roles import dashboard_role
from replica.databases.schema_report import SchemaReport, report_of
from replica.databases.server import Connection, connect
from replica.schema.actual import read_tables
from replica.schema.comments import write_comments
from replica.schema.definition import create_tables
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.errors import UserError

LOCK_SECONDS = 5  # readers that come later wait behind this
COPY_AGAIN = "UPDATE bookkeeping.session_revisions SET revision = 0"


def upgrade(replica: Replica) -> list[str]:
    """Perform the upgrade in one transaction; the statements that were run. Sessions are copied again if rows are lost.

    Raises a UserError: 409 if a reader is in the way or a value does not fit, 503 if the server does not answer.
    """
    try:
        with connect(replica.owner_url) as owner, owner.transaction():
            done = _perform(owner, replica)
    except errors.LockNotAvailable:
        raise UserError(
            "The replica was not upgraded: somebody reads a table that has to be altered.",
            "Try again when their query has ended; who is connected stands on the connection page.",
            status=409,
        ) from None
    except psycopg.OperationalError:
        raise UserError("The replica's server does not answer.", "Try again in a minute.", status=503) from None
    except psycopg.Error as error:
        raise UserError(
            f"The replica was not upgraded: the server refuses ({type(error).__name__}, code {error.sqlstate}).",
            "Values that do not fit, or views over a column, may be in the way. Nothing was changed.",
            status=409,
        ) from None
    if done:
        shapes.forget(replica.reading_url)
        record(Event.REPLICA_CHANGED, f"{replica.database}: schema upgraded", organisation=replica.organisation)
    return done


def owners_report(replica: Replica) -> SchemaReport:
    """The report on a replica as its owner sees it. Raises psycopg.Error."""
    with connect(replica.owner_url) as owner:
        return _report(owner, replica)


def _perform(owner: Connection, replica: Replica) -> list[str]:
    owner.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    found = _report(owner, replica).differences
    for one in found:
        if one.upgrade:
            owner.execute(one.upgrade.encode())
    create_tables(owner)  # the indexes and the bookkeeping that are missing, too
    if any(one.loses_rows for one in found):
        owner.execute(COPY_AGAIN)
    write_comments(owner)
    return [one.upgrade for one in found if one.upgrade]


def _report(owner: Connection, replica: Replica) -> SchemaReport:
    def ask(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        return owner.execute(statement.encode(), parameters or None).fetchall()

    return report_of(read_tables(ask), dashboard_role(replica))
