"""A person links the account they are signed in to with who they are at the provider, and takes that back."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from statetrace_ui.accounts.models import Identity
from statetrace_ui.accounts.second_factor.factors import has_second_factor, is_strong
from statetrace_ui.accounts.security_log import Event, record_of_person
from statetrace_ui.web.errors import UserError

UNTIL = "linking_until"  # of a session's data: seconds since 1970
LASTS = 600  # seconds from the password to the way back from the provider


def may_link(person: User) -> bool:
    """Never an account with rights over the whole site: the provider's administrators would have them, too."""
    return not (person.is_staff or person.is_superuser)


def allow(request: Any) -> None:
    """Have the next way back from the provider link the account; its person has just typed the password."""
    if not may_link(request.user):
        raise UserError("Accounts of staff are not linked.", "They sign in by password.", status=403)
    if has_second_factor(request.user) and not is_strong(request):
        raise UserError("This session was begun without your second factor.", "Sign in anew, then link.", status=403)
    request.session[UNTIL] = int(time.time()) + LASTS


def take_leave(request: HttpRequest) -> bool:
    """Whether the person wanted to link, within LASTS; asked once."""
    until = request.session.pop(UNTIL, 0)
    return bool(request.user.is_authenticated and time.time() < until)


def link(person: User, subject: str) -> None:
    """Raises UserError (409) if it is another account's."""
    try:
        with transaction.atomic():
            Identity.objects.create(person=person, issuer=settings.OIDC_ISSUER, subject=subject)
            record_of_person(Event.IDENTITY_LINKED, person, person.get_username(), by=person)
    except IntegrityError:
        if not Identity.objects.filter(person=person, issuer=settings.OIDC_ISSUER, subject=subject).exists():
            raise UserError(
                f"Who you are at {settings.OIDC_NAME} belongs to another account here.",
                "Sign in to that account and unlink it, or ask an administrator of the site.",
                status=409,
            ) from None


def unlink(person: User, pk: int) -> None:
    """Of one that is gone already nothing is said."""
    with transaction.atomic():
        identity = Identity.objects.filter(person=person, pk=pk).first()
        if identity:
            identity.delete()
            record_of_person(Event.IDENTITY_UNLINKED, person, f"{person.get_username()}: {identity}")
