"""The first administrator. On an empty installation nobody can sign in: a link that the operator sees makes the first.

The link holds 256 random bits, works once, for a day, and only while there is no administrator.
"""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify

from statetrace_ui.accounts.models import SetupLink
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership, Organisation

LASTS = timedelta(days=1)


def administrator_exists() -> bool:
    return User.objects.filter(is_superuser=True, is_active=True).exists()


def new_token() -> str | None:
    """The token of a new link, which replaces the one before; None if there is an administrator."""
    if administrator_exists():
        return None
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        SetupLink.objects.all().delete()
        SetupLink.objects.create(digest=_digest(token), expires_at=timezone.now() + LASTS)
    return token


def require_link(token: str) -> None:
    """Raise UserError (404) unless the link is good."""
    if administrator_exists() or not _links(token).exists():
        raise UserError(
            "This link has been used, is older than a day, or was replaced by a newer one.",
            "Sign in, or print a new link: each start of the site does while there is no administrator.",
            status=404,
        )


def make_first_administrator(token: str, username: str, password: str, organisation: str) -> User:
    """Make the administrator, as manager of an organisation of that name. Raises UserError (404) if the link is spent.

    Of two people who use the link at once, the second waits here until it is spent.
    """
    with transaction.atomic():
        list(_links(token).select_for_update())
        require_link(token)
        SetupLink.objects.all().delete()
        person = User.objects.create_superuser(username, password=password)
        owned = _organisation(organisation)
        Membership.objects.create(organisation=owned, user=person, role=Membership.Role.MANAGER)
        record(Event.FIRST_ADMINISTRATOR, person.get_username(), organisation=owned, person=person)
    return person


def organisation_without_members() -> Organisation | None:
    """The organisation that the first administrator takes over, such as one that an import has made."""
    return Organisation.objects.filter(members=None).order_by("pk").first()


def _organisation(name: str) -> Organisation:
    named = Organisation.objects.filter(name__iexact=name).first()
    if named:
        return named
    unowned = organisation_without_members()
    if unowned:
        unowned.name = name  # its slug stays: databases are named after it
        unowned.save()
        return unowned
    return Organisation.objects.create(name=name, slug=_free_slug(name))


def _free_slug(name: str) -> str:
    slug, taken = slugify(name)[:36] or "organisation", set(Organisation.objects.values_list("slug", flat=True))
    return next(one for one in (slug, *(f"{slug}-{number}" for number in range(2, 1000))) if one not in taken)


def _links(token: str) -> QuerySet[SetupLink]:
    return SetupLink.objects.filter(digest=_digest(token), expires_at__gt=timezone.now())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
