"""Finds or makes the person whom the provider has named, and gives them the roles of their groups."""

import logging

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from statetrace_ui.accounts.models import Identity
from statetrace_ui.accounts.security_log import Event, record_of_person
from statetrace_ui.accounts.sign_on.claims import LONGEST_NAME, Claims, roles_of
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership, Organisation

logger = logging.getLogger(__name__)


def person_of(claims: Claims) -> User:
    """The person, with the roles that they have now. Raises UserError (403) for one who may not sign in."""
    try:
        person = _known_or_new(claims)
    except IntegrityError:  # the same person came by two ways at once, and the other was first
        person = _known_or_new(claims)
    if not person.is_active:
        record_of_person(Event.SIGN_ON_REFUSED, person, person.get_username())
        raise UserError("Your account may not sign in.", "Ask an administrator of the site.", status=403)
    follow_groups(person, claims.groups)
    return person


def _known_or_new(claims: Claims) -> User:
    with transaction.atomic():
        known = Identity.objects.select_related("person").filter(issuer=settings.OIDC_ISSUER, subject=claims.subject)
        identity = known.first()
        if identity:
            return identity.person
        person = _linked(claims) or _new(claims)
        Identity.objects.create(person=person, issuer=settings.OIDC_ISSUER, subject=claims.subject)
        record_of_person(Event.IDENTITY_LINKED, person, person.get_username(), by=person)
        return person


def _linked(claims: Claims) -> User | None:
    """The account whose person has proved, here as well as at the provider, that the address is theirs.

    Never one with rights over the whole site: the provider's administrators would have them, too.
    """
    if not (settings.OIDC_LINK_BY_EMAIL and claims.email):
        return None
    people = User.objects.filter(profile__verified_email__iexact=claims.email, is_staff=False, is_superuser=False)
    found = list(people.filter(is_active=True)[:2])
    return found[0] if len(found) == 1 else None


def _new(claims: Claims) -> User:
    return User.objects.create_user(
        _free_name(claims.name), claims.email, first_name=claims.first_name, last_name=claims.last_name
    )


def _free_name(name: str) -> str:
    """The name, with a number if somebody has it: a name at the provider is no proof of who somebody is here."""
    names = [name, *(f"{name[: LONGEST_NAME - 5]}-{number}" for number in range(2, 1000))]
    taken = {
        one.lower() for one in User.objects.filter(username__istartswith=name[:100]).values_list("username", flat=True)
    }
    return next(one for one in names if one.lower() not in taken)


def follow_groups(person: User, groups: frozenset[str]) -> None:
    """Give, change and end the memberships that come from groups; those that people gave stay as they are."""
    roles = roles_of(groups, settings.OIDC_ROLES)
    with transaction.atomic():
        held = {one.organisation.slug: one for one in person.memberships.select_related("organisation")}
        for slug, membership in held.items():
            if membership.from_groups and slug not in roles:
                membership.delete()
            elif membership.from_groups and membership.role != roles[slug]:
                membership.role = roles[slug]
                membership.save()
        for slug in roles.keys() - held.keys():
            _join(person, slug, roles[slug])


def _join(person: User, slug: str, role: str) -> None:
    organisation = Organisation.objects.filter(slug=slug).first()
    if organisation is None:
        logger.warning("OIDC_ROLES names the organisation %s, which there is not.", slug)
        return
    Membership.objects.create(organisation=organisation, user=person, role=role, from_groups=True)
