"""Links by which somebody who has forgotten their password sets a new one.

A link is good once, for PASSWORD_RESET_TIMEOUT seconds, and only while the person belongs to what they belonged to when
it was made: a manager who has made one cannot wait until its person belongs to another organisation, too.
"""

from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db.models import Q
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from statetrace_ui.accounts.security_log import Event, record_of_person
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership

MOST_OF_ONE_ADDRESS = 5


class _Links(PasswordResetTokenGenerator):
    def _make_hash_value(self, user: User, timestamp: int) -> str:
        belongs = sorted(Membership.objects.filter(user=user).values_list("organisation_id", flat=True))
        rights = (user.is_active, user.is_staff, user.is_superuser)
        return f"{super()._make_hash_value(user, timestamp)}{belongs}{rights}"


links = _Links()


def path_for(person: User) -> str:
    """The path of a new link."""
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("new-password", args=[uid, links.make_token(person)])


def people_called(text: str) -> list[User]:
    """Those who can be mailed a link: by user name, or by e-mail address."""
    named = User.objects.filter(Q(username=text) | Q(email__iexact=text), is_active=True).exclude(email="")
    return [one for one in named.order_by("pk")[:MOST_OF_ONE_ADDRESS] if one.has_usable_password()]


def may_be_recovered(membership: Membership) -> bool:
    """Whether a manager may let the member set a new password: whoever holds the link is the member from then on.

    Not where the account opens more than the manager's own organisation.
    """
    person = membership.user
    elsewhere = Membership.objects.filter(user=person).exclude(pk=membership.pk).exists()
    return (
        person.is_active and person.has_usable_password() and not (person.is_staff or person.is_superuser or elsewhere)
    )


def link_by_manager(membership: Membership) -> str:
    """The path of a link for a member. Raises UserError where it would open too much."""
    if not may_be_recovered(membership):
        raise UserError(
            f"{membership.user} may open more than your organisation, or signs in without a password here.",
            "Ask an administrator of the site.",
            status=403,
        )
    record_of_person(Event.RECOVERY_SENT, membership.user, f"for {membership.user}, by a manager")
    return path_for(membership.user)
