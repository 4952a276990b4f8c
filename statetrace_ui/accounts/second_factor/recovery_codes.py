"""Codes for who has lost the second factor: shown once, kept as keyed digests, each taken once."""

import base64
import secrets

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.crypto import salted_hmac

from statetrace_ui.accounts.models import RecoveryCode
from statetrace_ui.accounts.security_log import Event, record_of_person

HOW_MANY = 10
BYTES = 10  # 80 bits: nobody tries them out, and 16 letters can be typed


def renew(person: User) -> list[str]:
    """New codes instead of all that the person had."""
    codes = [_new() for _ in range(HOW_MANY)]
    with transaction.atomic():
        person.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(person=person, digest=_digest(code)) for code in codes)
        record_of_person(Event.RECOVERY_CODES_MADE, person, person.get_username())
    return codes


def takes(person: User, code: str) -> bool:
    """Whether it is one of the person's codes, which is then spent. Of two who type it at once, one succeeds."""
    spent, _ = person.recovery_codes.filter(digest=_digest(code)).delete()
    if spent:
        record_of_person(Event.RECOVERY_CODE_USED, person, f"{person}: {person.recovery_codes.count()} left", by=person)
    return bool(spent)


def _new() -> str:
    letters = base64.b32encode(secrets.token_bytes(BYTES)).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _digest(code: str) -> str:
    typed = "".join(letter for letter in code.lower() if letter.isalnum())
    return salted_hmac("statetrace.recovery-code", typed, algorithm="sha256").hexdigest()
