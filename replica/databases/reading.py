"""Reads an organisation's replica on behalf of a page, and says what is wrong where it cannot be read."""

import logging
from collections.abc import Callable
from typing import TypeVar

from adbc_driver_manager import OperationalError as ColumnsError
from adbc_driver_manager import ProgrammingError as ColumnsMissing
from django.db import DataError, OperationalError, ProgrammingError

from replica.databases import shapes
from replica.databases.connections import alias_for
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

T = TypeVar("T")
logger = logging.getLogger(__name__)


def read_replica(organisation: Organisation, read: Callable[[str], T]) -> T:
    """The result of `read`, which gets the alias of the organisation's replica.

    A table that disappeared a moment ago counts as empty. Raises NoReplica (404), or a UserError (503) if the replica
    does not answer.
    """
    alias = alias_for(organisation)
    try:
        return read(alias)
    except (ProgrammingError, ColumnsMissing):
        shapes.forget(organisation.replica.reader_url)
        return read(alias_for(organisation))
    except DataError as error:
        raise UserError(
            "The replica holds a value that this page cannot read.",
            "Ask whoever fills the replica to compare its columns with the schema that docs/exports.md describes.",
            status=503,
        ) from error
    except (OperationalError, ColumnsError) as error:
        logger.warning("The replica of %s did not answer", organisation.slug, exc_info=True)
        raise UserError(
            "The replica took too long to answer, or did not answer at all.",
            "Try again, or choose a shorter range. If this goes on, check the replica's server.",
            status=503,
        ) from error
