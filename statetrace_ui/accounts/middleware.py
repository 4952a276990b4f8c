"""Tells the security log whose request is being answered, and notes what was refused."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from statetrace_ui.accounts.security_log import Event, bound, record

GetResponse = Callable[[HttpRequest], HttpResponse]


def security_log(get_response: GetResponse) -> GetResponse:
    """Stands below the middleware that finds out who the viewer is.

    Only what people are refused who have signed in is kept: anybody can be refused as often as they like.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        with bound(request):
            response = get_response(request)
            if response.status_code == 403 and request.user.is_authenticated:
                record(Event.REFUSED, f"{request.method} {request.path}")
            return response

    return middleware
