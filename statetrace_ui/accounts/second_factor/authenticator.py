"""Codes of authenticator apps. Each is taken once: whoever has seen one typed cannot type it again."""

import time
from hmac import compare_digest

import pyotp
import segno
from django.contrib.auth.models import User
from django.utils import timezone

from statetrace_ui.accounts.models import Authenticator
from statetrace_ui.web.errors import UserError

STEP = 30  # seconds
STEPS = (-1, 0, 1)  # clocks differ, and typing takes time


def begin(person: User) -> Authenticator:
    """A new secret, which counts once its first code is typed. Raises UserError where one is in use."""
    if Authenticator.objects.filter(person=person, confirmed_at__isnull=False).exists():
        raise UserError("An app is set up already.", "Remove it first; then set up the other.", status=409)
    made, _ = Authenticator.objects.update_or_create(
        person=person, confirmed_at=None, defaults={"secret": pyotp.random_base32()}
    )
    return made


def address(made: Authenticator) -> str:
    """What an app reads from the picture."""
    return pyotp.TOTP(made.secret).provisioning_uri(name=made.person.get_username(), issuer_name="Statetrace")


def picture(made: Authenticator) -> str:
    """The QR code as SVG, without styles."""
    return segno.make(address(made), error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")


def confirm(person: User, code: str) -> bool:
    """Whether it is a code of the app that was begun, which then counts."""
    begun = Authenticator.objects.filter(person=person, confirmed_at=None).first()
    return begun is not None and _spends(begun, code, confirmed_at=timezone.now())


def takes(person: User, code: str) -> bool:
    """Whether it is a code of the person's app which was not taken before."""
    used = Authenticator.objects.filter(person=person, confirmed_at__isnull=False).first()
    return used is not None and _spends(used, code)


def _spends(used: Authenticator, code: str, **changes: object) -> bool:
    now, codes = int(time.time()) // STEP, pyotp.TOTP(used.secret)
    typed = "".join(code.split()).encode()
    step = next((now + one for one in STEPS if compare_digest(codes.at((now + one) * STEP).encode(), typed)), None)
    if step is None:
        return False
    # Of two who type it at once, one finds the step already taken.
    return bool(Authenticator.objects.filter(pk=used.pk, last_step__lt=step).update(last_step=step, **changes))
