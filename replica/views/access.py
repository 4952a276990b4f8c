"""The access check in front of every page that reads a replica."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http.response import HttpResponseBase

from replica.databases.reading import read_replica
from statetrace_ui.web.requests import Request, member_view

P = ParamSpec("P")


def replica_view(view: Callable[Concatenate[Request, str, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view the alias of its organisation's replica."""

    @member_view
    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return read_replica(request.organisation, lambda alias: view(request, alias, *args, **kwargs))

    return guarded
