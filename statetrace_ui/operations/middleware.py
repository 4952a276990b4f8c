"""Answers the addresses that machines ask for, before anything that is meant for people.

Probes and scrapes call a process by whatever address it has, without https, cookies or sessions. Nothing that they ask
for depends on a person.
"""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from statetrace_ui.operations.metrics import metrics
from statetrace_ui.operations.readiness import ready
from statetrace_ui.web.gate import ALIVE

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]


def alive(_: HttpRequest) -> HttpResponse:
    """The process answers; `web/gate.py` says so before a thread is needed."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


ADDRESSES = {ALIVE: alive, "/readyz": ready, "/metrics": metrics}


def machines(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        answer = ADDRESSES.get(request.path_info)
        return _guarded(answer, request) if answer else get_response(request)

    return middleware


def _guarded(answer: GetResponse, request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        response = answer(request)
    except DatabaseError as error:
        logger.error("The database failed while answering %s", request.path, exc_info=error)
        response = HttpResponse("The database does not answer.\n", content_type="text/plain", status=503)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
