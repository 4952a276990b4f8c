"""Stands in front of /v0/: whoever is let in is known by a token alone, never by a cookie.

Without cookies there is nothing that a foreign page could have a browser send along, so no request needs a CSRF token.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from statetrace_ui.accounts import throttle
from statetrace_ui.accounts.client_address import client_address
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.api import rates, tokens
from statetrace_ui.api.admission import ROOT
from statetrace_ui.api.models import Token
from statetrace_ui.api.problems import MEDIA_TYPE, Problem, problem_response, with_headers

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
OPEN = {"/v0/", "/v0/openapi.json"}  # they say nothing of anybody's data
WITHOUT_TOKEN = "Send a token: `Authorization: Bearer …`. Members make them under Tokens."  # noqa: S105
BAD_TOKEN = "This token is unknown, has expired, was revoked, or its person may not use it any more."  # noqa: S105
FAILED = "A database failed, or took too long to answer. Try again in a minute."


def problem_answers(get_response: GetResponse) -> GetResponse:
    """Turn every failure below /v0/ into problem details, and take the cookies away before anything reads them."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ROOT):
            return get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        return _as_problem(get_response(request))

    return middleware


def _as_problem(response: HttpResponse) -> HttpResponse:
    """What Django itself answers for people, as programs want it."""
    if response.status_code < 400 or response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        return response
    told = problem_response(Problem(response.status_code, HTTPStatus(response.status_code).description))
    kept = {name: value for name, value in response.headers.items() if not name.startswith("Content-")}
    return with_headers(told, kept)


def door(get_response: GetResponse) -> GetResponse:
    """Let in whoever has a token, as often as it may. Comes after all that binds people to requests."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ROOT) or request.path_info in OPEN:
            return get_response(request)
        try:
            token = _token_of(request)
            pacing = rates.step(token.pk)
            tokens.note_use(token)
        except Problem as problem:
            return problem_response(problem)
        except OperationalError as error:
            logger.error("The database failed at the door of %s", request.path, exc_info=error)
            return problem_response(Problem(503, FAILED))
        if pacing.allowed:
            response = get_response(_bound(request, token))
        else:
            response = problem_response(Problem(429, f"The token has used up its requests. Wait {pacing.wait} s."))
        return with_headers(response, pacing.headers)

    return middleware


def _bound(request: Any, token: Token) -> HttpRequest:
    request.token, request.membership = token, token.membership
    request.user, request.organisation = token.membership.user, token.membership.organisation
    del request.session  # a token's request belongs to no browser's session
    bound: HttpRequest = request
    return bound


def _token_of(request: HttpRequest) -> Token:
    text = tokens.text_of(request.headers.get("Authorization", ""))
    if not text:
        raise Problem(401, WITHOUT_TOKEN, headers={"WWW-Authenticate": "Bearer"})
    token = tokens.find(text)
    if token is None or not token.is_good:
        _refuse(request, token)
    return token


def _refuse(request: HttpRequest, token: Token | None) -> NoReturn:
    """Count the failure for the address. A good token is let in all the same: nobody locks a neighbour out."""
    try:
        throttle.count(throttle.unknown_token(client_address(request)))
    except throttle.MustWait as wait:
        raise Problem(
            429, "Too many wrong tokens came from this address.", headers={"Retry-After": str(wait.seconds)}
        ) from None
    if token:
        membership = token.membership
        record(Event.TOKEN_REFUSED, token, organisation=membership.organisation, name=membership.user.get_username())
    else:
        record(Event.TOKEN_REFUSED, "a token that nobody has")
    raise Problem(401, BAD_TOKEN, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
