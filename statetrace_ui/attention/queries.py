"""What a member is shown of what needs attention, and what of it they have seen."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from replica.flow_trends.service import read_at
from statetrace_ui.attention.gathering import gathered
from statetrace_ui.attention.models import Look, Seen
from statetrace_ui.web.concerns import MOST_EACH, Concern, Kind
from statetrace_ui.web.models import Membership

IN_STRIP = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """A concern as one member is shown it."""

    concern: Concern
    is_seen: bool

    @property
    def may_be_seen(self) -> bool:
        """Not before it is known when it began: nobody could tell it from the next time."""
        return bool(self.concern.occurrence)


@dataclass(frozen=True)
class Attention:
    """All that a member is shown, worst first."""

    shown: list[Shown] = field(default_factory=list)

    @property
    def unseen(self) -> list[Shown]:
        return [one for one in self.shown if not one.is_seen]

    @property
    def seen(self) -> list[Shown]:
        return [one for one in self.shown if one.is_seen]

    @property
    def strip(self) -> list[Shown]:
        return self.unseen[:IN_STRIP]

    @property
    def further(self) -> int:
        """How many are left out of the strip."""
        return len(self.unseen) - len(self.strip)

    @property
    def count(self) -> str:
        """'' for none; with a plus where of one kind there may be more."""
        kinds = Counter(one.concern.kind for one in self.unseen)
        more = any(count >= MOST_EACH for count in kinds.values())
        return f"{len(self.unseen)}{'+' * more}" if self.unseen else ""

    @property
    def mark(self) -> str:
        """What begins the title of a tab."""
        return f"({self.count}) " if self.unseen else ""

    def of(self, kinds: Iterable[Kind]) -> list[Shown]:
        wanted = set(kinds)
        return [one for one in self.unseen if one.concern.kind in wanted]

    @property
    def outside(self) -> Concern | None:
        """Seen or not: the rail tells it as long as it is so."""
        return next((one.concern for one in self.shown if one.concern.kind == Kind.OUTSIDE), None)


def attention_of(membership: Membership, concerns: list[Concern] | None = None) -> Attention:
    """concerns: of the membership's organisation; by default those of now."""
    found = gathered(membership.organisation) if concerns is None else concerns
    theirs = [concern for concern in found if _concerns(concern, membership)]
    seen = {one.key: one for one in Seen.objects.filter(membership=membership)} if theirs else {}
    return Attention([Shown(concern, _has_seen(seen.get(concern.key), concern)) for concern in theirs])


def _concerns(concern: Concern, membership: Membership) -> bool:
    if concern.for_managers and not membership.may_manage:
        return False
    return concern.person in (None, membership.user_id)


def _has_seen(seen: Seen | None, concern: Concern) -> bool:
    """What has begun anew, or got worse, has been seen by nobody."""
    return seen is not None and seen.occurrence == concern.occurrence and seen.severity >= concern.severity


def mark(membership: Membership, key: str, occurrence: str, severity: int) -> bool:
    """Note that the member has seen what they were shown. False if it is another one by now, or none."""
    known = attention_of(membership).shown
    found = next((one.concern for one in known if one.concern.key == key), None)
    if found is None or not found.occurrence or (found.occurrence, int(found.severity)) != (occurrence, severity):
        return False
    Seen.objects.update_or_create(
        membership=membership, key=key, defaults={"occurrence": occurrence, "severity": severity}
    )
    Seen.objects.filter(membership=membership).exclude(key__in=[one.concern.key for one in known]).delete()
    return True


def unmark(membership: Membership, key: str) -> None:
    Seen.objects.filter(membership=membership, key=key).delete()


@dataclass(frozen=True, slots=True)
class Looked:
    """When a worker last looked, and when user flows were last held against their baselines; None: not yet.

    has_anything: whether there is anything that could need attention.
    """

    at: datetime | None
    flows_at: datetime | None
    has_anything: bool


def looked(membership: Membership) -> Looked:
    organisation = membership.organisation
    look = Look.objects.filter(organisation=organisation).first()
    has_anything = organisation.sources.exists() or organisation.user_flow_exports.exists()
    return Looked(look.at if look else None, read_at(organisation), has_anything)
