"""Tells the security log whose request is being answered, and ends sessions that have lasted long enough."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from statetrace_ui.accounts.security_log import Event, bound, record

GetResponse = Callable[[HttpRequest], HttpResponse]
SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"  # seconds since 1970
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


def begin_session(session: SessionBase) -> None:
    session[SIGNED_IN_AT] = session[SEEN_AT] = int(time.time())


def _is_over(session: SessionBase, now: int) -> bool:
    begun, seen = int(session.get(SIGNED_IN_AT, 0)), int(session.get(SEEN_AT, 0))
    return now - begun >= settings.SESSION_HOURS * 3600 or now - seen >= settings.SESSION_IDLE_MINUTES * 60
