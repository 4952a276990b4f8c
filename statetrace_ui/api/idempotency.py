"""`Idempotency-Key`: a request that is sent again, since its answer was lost, is answered again and not done again.

Kept for 24 hours are answers of success: whatever failed has changed nothing, and may well succeed the next time.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpResponse
from django.utils import timezone
from ninja.decorators import decorate_view

from statetrace_ui.api.descriptions import IDEMPOTENCY_KEY
from statetrace_ui.api.models import KeptAnswer
from statetrace_ui.api.problems import Problem, problem_response
from statetrace_ui.api.requests import ApiRequest
from statetrace_ui.web.locks import alone

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255
KEPT_HEADERS = ("Content-Type", "ETag", "Location")
Run = Callable[..., HttpResponse]
V = TypeVar("V", bound=Callable[..., Any])


def once(view: V) -> V:
    """For operations that create. Stands below the decorator that names the path."""
    view.header_parameters = [*getattr(view, "header_parameters", ()), IDEMPOTENCY_KEY]  # type: ignore[attr-defined]
    return decorate_view(_once)(view)


def _once(run: Run) -> Run:
    @wraps(run)
    def answered(request: ApiRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return run(request, *args, **kwargs)
        try:
            _check_key(key)
            return _answer(request, key, lambda: run(request, *args, **kwargs))
        except Problem as problem:
            return problem_response(problem)

    return answered


def _check_key(key: str) -> None:
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Problem(422, f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters.")


def _answer(request: ApiRequest, key: str, do: Callable[[], HttpResponse]) -> HttpResponse:
    # A killed process lets go of the lock, and has kept nothing.
    with alone("API request", f"{request.token.pk} {key}") as mine:
        if not mine:
            raise Problem(409, "The same request is being answered at this moment.", headers={"Retry-After": "1"})
        lately = timezone.now() - KEPT_FOR
        kept = KeptAnswer.objects.filter(token=request.token, key=key, at__gt=lately).first()
        if kept:
            return _again(request, kept)
        response = do()
        if response.status_code < 300:
            _keep(request, key, response)
        return response


def _again(request: ApiRequest, kept: KeptAnswer) -> HttpResponse:
    if kept.request_digest != _digest(request):
        raise Problem(422, "This Idempotency-Key was used for another request. Choose a new one for each.")
    response = HttpResponse(kept.body, status=kept.status, headers=kept.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _keep(request: ApiRequest, key: str, response: HttpResponse) -> None:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    values = {
        "request_digest": _digest(request),
        "status": response.status_code,
        "headers": headers,
        "body": response.content.decode(),
        "at": timezone.now(),
    }
    KeptAnswer.objects.update_or_create(token=request.token, key=key, defaults=values)


def _digest(request: ApiRequest) -> str:
    told = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(told).hexdigest()
