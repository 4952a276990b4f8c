"""Asking for an address in each of the ways that a browser does, and reading what comes back."""

import zlib
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

WAYS: dict[str, dict[str, str]] = {"page": {}, "fragment": {"HX-Request": "true"}}


def signed_in(user: User, enforce_csrf_checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=enforce_csrf_checks)
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    """The answer's body as text, also of data that is compressed, or sent piece by piece."""
    body: bytes = answer.getvalue()
    if answer.headers.get("content-encoding") == "deflate":
        body = zlib.decompress(body)
    return body.decode(errors="replace")
