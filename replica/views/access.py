"""The access check in front of every page that reads a replica."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from adbc_driver_manager import OperationalError as ColumnsError
from django.db import OperationalError
from django.http.response import HttpResponseBase
from psycopg.errors import QueryCanceled

from replica.databases.connections import alias_for, share_of_threads
from statetrace_ui.addresses import BadAddress
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.requests import Request, member_view

P = ParamSpec("P")
ADVICE = "Try again, or choose a shorter range. If this goes on, ask a manager to look at the replica's server."
logger = logging.getLogger(__name__)


def replica_view(view: Callable[Concatenate[Request, str, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view the alias of its organisation's replica; answer 503 where the replica stops to answer."""

    @member_view
    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        with share_of_threads(request.organisation):
            alias = alias_for(request.organisation)
            try:
                return view(request, alias, *args, **kwargs)
            except (OperationalError, ColumnsError, BadAddress) as error:
                # The driver's text may name hosts and roles, and quote rows: the log alone has it.
                logger.warning("A page of %s: the replica did not answer", request.organisation, exc_info=error)
                raise UserError(_problem(error), ADVICE, status=503) from error

    return guarded


def _problem(error: Exception) -> str:
    is_late = isinstance(error.__cause__, QueryCanceled) or getattr(error, "sqlstate", None) == QueryCanceled.sqlstate
    return "The replica took too long." if is_late else "The replica did not answer."
