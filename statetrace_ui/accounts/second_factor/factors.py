"""What stands beside a password: whether a person has it, whether a code is right, and which sessions have had it."""

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from statetrace_ui.accounts import throttle
from statetrace_ui.accounts.models import Authenticator, Passkey
from statetrace_ui.accounts.second_factor import authenticator, recovery_codes
from statetrace_ui.accounts.security_log import Event, record_of_person

STRONG = "strong"  # of a session's data: it was begun, or strengthened, by more than a password


def has_second_factor(person: User) -> bool:
    confirmed = Authenticator.objects.filter(person=person, confirmed_at__isnull=False)
    return confirmed.exists() or Passkey.objects.filter(person=person).exists()


def is_strong(request: HttpRequest) -> bool:
    return bool(request.session.get(STRONG))


def strengthen(request: HttpRequest) -> None:
    request.session[STRONG] = True


def weaken(request: HttpRequest) -> None:
    request.session.pop(STRONG, None)


def takes_code(person: User, code: str) -> bool:
    """Whether it is a code of the person's app, or a recovery code; either is spent. Raises throttle.MustWait."""
    counted = throttle.second_factor(person.pk)
    throttle.count(counted)
    if authenticator.takes(person, code) or recovery_codes.takes(person, code):
        throttle.succeeded(counted)
        return True
    record_of_person(Event.SECOND_FACTOR_FAILED, person, person.get_username())
    return False


def remove_all(person: User) -> None:
    """Leave the password alone, as for somebody who has lost their device."""
    with transaction.atomic():
        Authenticator.objects.filter(person=person).delete()
        person.passkeys.all().delete()
        person.recovery_codes.all().delete()
        record_of_person(Event.SECOND_FACTOR_REMOVED, person, person.get_username())
