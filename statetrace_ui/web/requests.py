"""The request that views receive, and the access checks in front of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.middleware import HtmxDetails

from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership, Organisation

P = ParamSpec("P")


class Request(HttpRequest):
    """A signed-in member's request; `organisation` scopes every query that answers it."""

    htmx: HtmxDetails
    user: User
    membership: Membership
    organisation: Organisation


def member_view(view: Callable[Concatenate[Request, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let members in. Ask visitors to sign in; answer users without an organisation with 403 and advice."""

    @login_required
    @wraps(view)
    def guarded(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.membership is None:
            raise UserError(
                "You are not a member of any organisation yet.",
                "Ask a manager of one for an invitation, by which you join.",
                status=403,
            )
        return view(request, *args, **kwargs)

    return guarded


def analyst_view(view: Callable[Concatenate[Request, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let in members who may take copies of what they see; answer other members with 403."""

    @member_view
    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.membership.may_download:
            raise UserError(
                "Your role does not let you download.", "Ask an administrator for the role Analyst.", status=403
            )
        return view(request, *args, **kwargs)

    return guarded


def manager_view(view: Callable[Concatenate[Request, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let in members who may change things; answer other members with 403."""

    @member_view
    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.membership.may_manage:
            raise UserError("Your role lets you change nothing.", "Ask a manager of your organisation.", status=403)
        return view(request, *args, **kwargs)

    return guarded
