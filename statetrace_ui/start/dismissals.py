"""What people have put aside, for themselves or for all of their organisation."""

from django.db.models import Q

from statetrace_ui.start.models import Dismissal
from statetrace_ui.web.models import Membership

FIRST_STEPS = "first steps"
TOUR = "tour"


def is_dismissed(membership: Membership, what: str) -> bool:
    mine = Q(user=None) | Q(user=membership.user)
    return Dismissal.objects.filter(mine, organisation=membership.organisation_id, what=what).exists()


def dismiss(membership: Membership, what: str, for_all: bool = False) -> None:
    user = None if for_all else membership.user
    Dismissal.objects.get_or_create(organisation=membership.organisation, user=user, what=what)


def bring_back(membership: Membership, what: str) -> None:
    """For this person; what was put aside for all comes back for all if a manager asks."""
    mine = Q(user=membership.user) | (Q(user=None) if membership.may_manage else Q(pk=None))
    Dismissal.objects.filter(mine, organisation=membership.organisation_id, what=what).delete()
