"""Between the right password and the second factor, a person is held in the session, and is not signed in."""

import time

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from statetrace_ui.accounts.second_factor.factors import strengthen

HELD = "held_sign_in"
LASTS = 300  # seconds


def hold(request: HttpRequest, person: User, target: str) -> None:
    """The password was right. target: where to lead once the second factor is, too.

    The session's key changes: whoever planted it must not come in with the person's second step.
    """
    request.session.cycle_key()
    request.session[HELD] = {
        "person": person.pk,
        "password": person.get_session_auth_hash(),
        "at": int(time.time()),
        "target": target,
    }


def held(request: HttpRequest) -> User | None:
    """The person who is held here; None if nobody is, it took too long, or the password has changed since."""
    kept = request.session.get(HELD)
    if not kept or not 0 <= time.time() - kept["at"] < LASTS:
        return None
    person = User.objects.filter(pk=kept["person"], is_active=True).first()
    same = person and constant_time_compare(person.get_session_auth_hash(), kept["password"])
    return person if same else None


def finish(request: HttpRequest, person: User) -> str:
    """Sign in whoever was held; returns where to lead."""
    target: str = request.session.pop(HELD)["target"]
    login(request, person)
    strengthen(request)
    return target
