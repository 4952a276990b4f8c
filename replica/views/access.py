"""The access check in front of every page that reads a replica."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from adbc_driver_manager import OperationalError as ColumnsError
from django.db import OperationalError
from django.http.response import HttpResponseBase

from replica.databases.connections import alias_for
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.requests import Request, member_view

P = ParamSpec("P")


def replica_view(view: Callable[Concatenate[Request, str, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view the alias of its organisation's replica; answer 503 where the replica stops to answer."""

    @member_view
    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        alias = alias_for(request.organisation)
        try:
            return view(request, alias, *args, **kwargs)
        except (OperationalError, ColumnsError) as error:
            raise UserError(
                f"The replica did not answer: {' '.join(str(error).split())}",
                "Try again, or choose a shorter range. If this goes on, check the replica's server.",
                status=503,
            ) from error

    return guarded
