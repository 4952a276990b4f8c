"""The mark of a browser in which somebody has signed in: attempts made elsewhere do not keep its owner waiting."""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

SALT = "statetrace.device"
LASTS = 180 * 24 * 3600  # seconds since the last sign-in


def device_of(request: HttpRequest, name: str) -> str | None:
    """The mark of the browser, if the person of that name has signed in there; None otherwise."""
    try:
        known, device = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(device) if known == name else None


def mark(response: HttpResponse, name: str) -> None:
    """Mark the browser. The mark opens nothing: whoever takes it may try passwords at the strictest of the limits."""
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([name, secrets.token_urlsafe(16)], salt=SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
