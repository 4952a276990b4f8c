"""Reads an organisation's replica on behalf of a page, and says what is wrong where it cannot be read."""

import logging
from collections.abc import Callable
from typing import TypeVar

from adbc_driver_manager import OperationalError as ColumnsError
from adbc_driver_manager import ProgrammingError as ColumnsMissing
from django.db import DataError, OperationalError, ProgrammingError
from psycopg.errors import QueryCanceled

from replica.databases import shapes
from replica.databases.connections import alias_for, share_of_threads
from statetrace_ui.addresses import BadAddress
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

T = TypeVar("T")
logger = logging.getLogger(__name__)
ADVICE = "Try again, or choose a shorter range. If this goes on, ask a manager to look at the replica's server."
UNREADABLE = "The replica holds a value that this page cannot read."
COMPARE = "Ask whoever fills the replica to compare its columns with the schema that docs/exports.md describes."


def read_replica(organisation: Organisation, read: Callable[[str], T]) -> T:
    """The result of `read`, which gets the alias of the organisation's replica.

    A table that disappeared a moment ago counts as empty. Raises NoReplica (404), or a UserError (503) if the replica
    does not answer, or too many pages wait for it.
    """
    with share_of_threads(organisation):
        try:
            return _read(organisation, read)
        except DataError as error:
            raise UserError(UNREADABLE, COMPARE, status=503) from error
        except (OperationalError, ColumnsError, BadAddress) as error:
            # The driver's text may name hosts and roles, and quote rows: the log alone has it.
            logger.warning("The replica of %s did not answer", organisation, exc_info=error)
            raise UserError(_problem(error), ADVICE, status=503) from error


def _read(organisation: Organisation, read: Callable[[str], T]) -> T:
    try:
        return read(alias_for(organisation))
    except (ProgrammingError, ColumnsMissing):
        shapes.forget(organisation.replica.reading_url)
        return read(alias_for(organisation))


def _problem(error: Exception) -> str:
    is_late = isinstance(error.__cause__, QueryCanceled) or getattr(error, "sqlstate", None) == QueryCanceled.sqlstate
    return "The replica took too long." if is_late else "The replica did not answer."
