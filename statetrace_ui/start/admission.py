"""Who may send files to the page of first steps, which the gate asks before it reads them."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest

PATH = "/start/import/"


def takes_files(method: str, path: str) -> bool:
    return method == "POST" and path == PATH


def may_send_files(headers: Mapping[str, str]) -> bool:
    """Whether a manager of some organisation is signed in; the view then looks at which one is meant."""
    # The gate is made before Django is ready for models.
    from django.contrib.auth import get_user
    from django.utils.module_loading import import_string

    from statetrace_ui.web.models import Membership

    request = HttpRequest()
    key = _cookie(headers, settings.SESSION_COOKIE_NAME)
    if not key:
        return False
    try:
        request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(key)
        return Membership.objects.of_managers().filter(user=get_user(request).pk).exists()
    except DatabaseError:
        return False
    finally:
        close_old_connections()  # this thread's connection goes back to the pool, as after a request


def _cookie(headers: Mapping[str, str], name: str) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""
