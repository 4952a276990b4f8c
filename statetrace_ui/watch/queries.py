"""What a member watches, and what happened there. Everything is asked by membership, so leaving ends it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet

from statetrace_ui.history.models import SavedQuestion
from statetrace_ui.watch.models import Happening, Kind, Subject, Telling, Watch
from statetrace_ui.web.models import Membership
from statetrace_ui.web.paging import Page, newest_merged

MOST_WATCHED = 50  # by one member
MOST_OFFERED = 5  # of a kind


def watches_of(membership: Membership) -> list[Watch]:
    """Without questions that the member may not see any more."""
    watches = Watch.objects.filter(membership=membership).filter(_may_see(membership))
    return list(watches.select_related("subject").order_by("subject__kind", "subject__name", "pk"))


def _may_see(membership: Membership) -> Q:
    theirs = Q(subject__question__owner=None) | Q(subject__question__owner=membership.user_id)
    return Q(subject__question=None) | theirs


def happenings(membership: Membership, watches: Sequence[Watch], cursor: str = "") -> Page[Happening]:
    """Newest first, in the order in which they were stored."""
    ranges = [_visible(membership, _told_by(one, watches)) for one in watches]
    return newest_merged(Happening.objects.select_related("subject"), ranges, ("id",), cursor)


def untold(membership: Membership, after: int, most: int) -> tuple[list[Happening], int, int]:
    """What came after that id: the first of it, at most so many; how many there are; the id of the last one."""
    watches = watches_of(membership)
    wanted = Q(pk__in=[])
    for one in watches:
        wanted |= Q(pk__in=_told_by(one, watches).filter(id__gt=after).values("pk"))
    found = _visible(membership, Happening.objects.filter(wanted))
    counted = found.aggregate(count=Count("id"), last=Max("id"))
    return list(found.select_related("subject").order_by("id")[:most]), counted["count"], counted["last"] or 0


def newest_id() -> int:
    """The id of what was stored last; 0 if nothing was."""
    return Happening.objects.order_by("-id").values_list("id", flat=True).first() or 0


def telling_of(membership: Membership) -> Telling:
    """How the member is told; not stored as long as nobody has said so."""
    return Telling.objects.filter(membership=membership).first() or Telling(membership=membership)


def watched_keys(membership: Membership) -> set[tuple[str, str]]:
    """(kind, target) of all that the member watches."""
    return set(Watch.objects.filter(membership=membership).values_list("subject__kind", "subject__target"))


def watchers(subjects: Iterable[Subject]) -> set[int]:
    """Those of the subjects that somebody watches who may see it."""
    theirs = Q(subject__question__owner=None) | Q(subject__question__owner=F("membership__user"))
    active = Watch.objects.filter(subject__in=list(subjects), membership__user__is_active=True)
    return set(active.filter(Q(subject__question=None) | theirs).values_list("subject", flat=True))


def questions_to_watch(membership: Membership) -> QuerySet[SavedQuestion]:
    """Those that the member sees, of changes alone."""
    theirs = Q(owner=membership.user_id) | Q(owner=None)
    return SavedQuestion.objects.filter(theirs, organisation=membership.organisation_id, asked="changes")


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that a member could watch."""

    kind: Kind
    target: str
    name: str


def offers(membership: Membership) -> list[Offer]:
    """The first of each kind that the member does not watch yet."""
    organisation, watched = membership.organisation, watched_keys(membership)
    sources = organisation.sources.order_by("name").values_list("pk", "name")
    flows = organisation.user_flow_exports.filter(target=None).order_by("name").values_list("user_flow_id", "name")
    questions = questions_to_watch(membership).order_by("name").values_list("pk", "name")
    found = [Offer(Kind.ATTENTION, "", "")] if (Kind.ATTENTION, "") not in watched else []
    for kind, rows in ((Kind.SOURCE, sources), (Kind.FLOW, flows), (Kind.QUESTION, questions)):
        named = [Offer(kind, str(target), name) for target, name in rows[: MOST_WATCHED + MOST_OFFERED]]
        found += [one for one in named if (one.kind, one.target) not in watched][:MOST_OFFERED]
    return found


def _told_by(watch: Watch, watches: Sequence[Watch]) -> QuerySet[Happening]:
    """What happened to its subject since. What needs attention leaves out what another watch of the member tells."""
    found = Happening.objects.filter(subject=watch.subject_id, id__gt=watch.after)
    if watch.subject.kind != Kind.ATTENTION:
        return found
    elsewhere = Q(pk__in=[])
    for one in watches:
        if one.pk != watch.pk:
            elsewhere |= Q(subject=one.subject_id, id__gt=one.after)
    return found.exclude(Exists(Happening.objects.filter(elsewhere, key=OuterRef("key"))))


def _visible(membership: Membership, found: QuerySet[Happening]) -> QuerySet[Happening]:
    return found if membership.may_manage else found.filter(for_managers=False)
