"""Asking somebody who is signed in for their password once more, within a limit."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from statetrace_ui.accounts import throttle


def checked_own_password(person: User, password: str) -> str:
    """The password, if it is the person's. Raises ValidationError, also for attempts that come too early."""
    counted = throttle.own_password(person.pk)
    try:
        throttle.count(counted)
    except throttle.MustWait as wait:
        raise too_early(wait) from None
    if not person.check_password(password):
        raise ValidationError("This is not your password.", code="password_incorrect")
    throttle.succeeded(counted)
    return password


def too_early(wait: throttle.MustWait) -> ValidationError:
    return ValidationError(f"Too many attempts failed. Try again in {waiting(wait.seconds)}.", code="too-early")


def waiting(seconds: int) -> str:
    """`1 second`, `40 seconds`, `12 minutes`; rounded up, for who comes back too early waits again."""
    minutes = -(-seconds // 60)
    number, unit = (seconds, "second") if seconds < 100 else (minutes, "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"
