"""Questions that people keep."""

from django.contrib.auth.models import User
from django.db.models import F, Q
from django.shortcuts import get_object_or_404

from statetrace_ui.history.models import SavedQuestion
from statetrace_ui.web.models import Membership, Organisation

MOST_SAVED = 100  # of a person, and of an organisation, for one list


def questions_of(organisation: Organisation, person: User, asked: str) -> list[SavedQuestion]:
    """The person's own and the organisation's, by name. asked: the list that they are put to."""
    saved = SavedQuestion.objects.filter(organisation=organisation, asked=asked)
    theirs = saved.filter(Q(owner=person) | Q(owner=None))
    return list(theirs.order_by("name", F("owner").asc(nulls_last=True))[: 2 * MOST_SAVED])


def get_question_for(membership: Membership, pk: int) -> SavedQuestion:
    """One that the member may change: their own, and of managers the organisation's. Others raise Http404."""
    theirs = Q(owner=membership.user_id)
    if membership.may_manage:
        theirs |= Q(owner=None)
    return get_object_or_404(SavedQuestion.objects.filter(theirs), organisation=membership.organisation_id, pk=pk)


def is_full(question: SavedQuestion) -> bool:
    """Whether its owner has as many questions as are kept."""
    kept = SavedQuestion.objects.filter(
        organisation=question.organisation, owner=question.owner, asked=question.asked
    ).exclude(pk=question.pk)
    return kept.count() >= MOST_SAVED
