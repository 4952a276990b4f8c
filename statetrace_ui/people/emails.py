"""A person's e-mail address, and whether a link that was sent there has been opened."""

from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction

from statetrace_ui.accounts.security_log import Event, record_of_person
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Profile

SALT = "statetrace.email"
LASTS = 4 * 3600  # seconds


def token(person: User, before: str, email: str) -> str:
    """Says that the person, whose address was `before`, wants this one."""
    return signing.dumps([person.pk, before, email], salt=SALT)


def email_of(person: User, signed: str) -> str:
    """The address that the token confirms. Raises UserError (404) for another person's, a used or an old one."""
    try:
        pk, before, email = signing.loads(signed, salt=SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        pk = before = email = None
    if pk != person.pk or before != person.email:
        raise UserError(
            "This link is another person's, was used before, or is older than four hours.",
            "Sign in as who asked for it, or ask for a new one on the page of your account.",
            status=404,
        )
    return str(email)


def set_email(person: User, email: str, verified: bool) -> None:
    with transaction.atomic():
        person.email = email
        person.save(update_fields=["email"])
        Profile.objects.update_or_create(person=person, defaults={"verified_email": email if verified else ""})
        record_of_person(Event.PERSON_CHANGED, person, f"{person.get_username()}: e-mail address")
