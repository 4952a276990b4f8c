"""Reads who belongs to an organisation, and who is invited."""

from django.contrib.auth.models import User
from django.db.models import F, Q, QuerySet
from django.shortcuts import get_object_or_404

from statetrace_ui.people.models import Invitation
from statetrace_ui.web.models import Membership, Organisation
from statetrace_ui.web.paging import Page, oldest_first


def members(viewer: Membership, words: str = "", role: str = "", cursor: str = "") -> Page[User]:
    """A page of the people of the viewer's organisation, by name, each with `role` and `membership`, its id.

    words: part of a name; for managers also of an e-mail address, which nobody else is shown.
    """
    of = {"memberships__organisation": viewer.organisation_id, **({"memberships__role": role} if role else {})}
    people = User.objects.filter(**of).annotate(
        role=F("memberships__role"),
        membership=F("memberships__id"),
        from_groups=F("memberships__from_groups"),
    )
    for word in words.split():
        people = people.filter(_named(word, viewer.may_manage))
    return oldest_first(people, ("username",), cursor)


def _named(word: str, by_email: bool) -> Q:
    name = Q(username__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word)
    return name | Q(email__icontains=word) if by_email else name


def get_membership_for(organisation: Organisation, pk: int) -> Membership:
    memberships = Membership.objects.select_related("user", "organisation")
    return get_object_or_404(memberships, organisation=organisation, pk=pk)


def invitations(organisation: Organisation) -> QuerySet[Invitation]:
    """Those that are open, the newest first."""
    found = Invitation.objects.good().filter(made_by__organisation=organisation)
    return found.select_related("made_by__user", "made_by__organisation").order_by("-made_at", "-id")
