"""Tells the security log whose request is being answered, and ends sessions that have lasted long enough."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from statetrace_ui.accounts.client_address import client_address
from statetrace_ui.accounts.second_factor.factors import is_strong
from statetrace_ui.accounts.security_log import Event, bound, record
from statetrace_ui.accounts.sessions import ADDRESS, DEVICE, SEEN_AT, SIGNED_IN_AT

# What somebody needs to set one up, or to go elsewhere.
WITHOUT_SECOND_FACTOR = {
    *("second-factor", "begin-authenticator", "confirm-authenticator", "begin-passkey", "add-passkey"),
    *("login", "logout", "own-password", "choose-organisation", "people:invitation", "people:join"),
}
GetResponse = Callable[[HttpRequest], HttpResponse]
LONGEST_DEVICE = 300  # characters
SEEN_EVERY = 60  # seconds: no page costs a write of the session more often
UNATTENDED = "X-Unattended"  # sent by static/js/attendance.js with what a page asks for by itself


def security_log(get_response: GetResponse) -> GetResponse:
    """Bind the request, and note what it was refused.

    Only what people are refused who have signed in is kept: anybody can be refused as often as they like.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        with bound(request):
            response = get_response(request)
            if response.status_code == 403 and request.user.is_authenticated:
                record(Event.REFUSED, f"{request.method} {request.path}")
            return response

    return middleware


def session_limits(get_response: GetResponse) -> GetResponse:
    """Sign out whoever has been signed in for SESSION_HOURS, or has asked for nothing for SESSION_IDLE_MINUTES."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            if _is_over(request.session, now):
                logout(request)
            elif UNATTENDED not in request.headers and now - request.session[SEEN_AT] >= SEEN_EVERY:
                request.session[SEEN_AT] = now
        return get_response(request)

    return middleware


class required_second_factor:  # noqa: N801 - reads as the others do in settings.py
    """Lead to the page of the second factor whoever's organisation asks for one, until this session has it.

    Programs with a token are let through: the token was made in a session that had one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, *_: Any) -> HttpResponse | None:
        page = request.resolver_match
        asks = request.organisation is not None and request.organisation.requires_second_factor
        if not asks or "api" in page.namespaces or page.view_name in WITHOUT_SECOND_FACTOR or is_strong(request):
            return None
        return redirect("second-factor")


def begin_session(request: HttpRequest) -> None:
    """Note in the session what `sessions.SessionStore` tells its person of it."""
    session = request.session
    session.set_expiry(None)  # a visitor's who began single sign-on was to end soon
    session[SIGNED_IN_AT] = session[SEEN_AT] = int(time.time())
    session[DEVICE] = request.META.get("HTTP_USER_AGENT", "").replace("\0", "?")[:LONGEST_DEVICE]
    session[ADDRESS] = client_address(request)


def _is_over(session: SessionBase, now: int) -> bool:
    begun, seen = int(session.get(SIGNED_IN_AT, 0)), int(session.get(SEEN_AT, 0))
    return now - begun >= settings.SESSION_HOURS * 3600 or now - seen >= settings.SESSION_IDLE_MINUTES * 60
