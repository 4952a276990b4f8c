"""Moments: positions of a source's log. A time is one by the index `transaction_by_time`, a change by its transaction.

Ids of one source are in the order of its log, so a moment is the id of the last change that counts. All changes of a
transaction count, or none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from statetrace_ui.history.models import Change, Gap, Source, Transaction
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.paging import HIGHEST_ID

# Of several sessions of a source the clocks differ by little: the first change is sought among so many commits.
COMMITS_AT_A_TIME = 100
SECOND = timedelta(seconds=1)
Asked = datetime | int | None  # a time, a change's id, or the newest state


@dataclass(frozen=True, slots=True)
class Moment:
    """What counts are the source's changes up to the id `until`.

    at: the time that was asked for, or that of the change; None of the newest state. change: the id that was asked for.
    gap: the one that it lies in, so that nothing is known of it.
    """

    until: int
    at: datetime | None = None
    change: int | None = None
    gap: Gap | None = None

    @property
    def is_newest(self) -> bool:
        return self.at is None

    @property
    def in_address(self) -> str:
        """As the parameter `at` names it; '' for the newest state."""
        if self.change is not None:
            return str(self.change)
        return self.at.isoformat() if self.at else ""


NEWEST = Moment(HIGHEST_ID - 1)  # the id after it still is one, which statements compare with


def moment_of(source: Source, asked: Asked) -> Moment:
    """Raises UserError (404) for a change that history does not have."""
    if asked is None:
        return NEWEST
    return _of_change(source, asked) if isinstance(asked, int) else _of_time(source, asked)


def _of_time(source: Source, at: datetime) -> Moment:
    """Everything before the first transaction that committed later. A time without a fraction is that whole second."""
    later = at + (timedelta(microseconds=1) if at.microsecond else SECOND)
    commits = Transaction.objects.filter(source=source, first_change__isnull=False, committed_at__gte=later)
    firsts = commits.order_by("committed_at", "id").values_list("first_change", flat=True)[:COMMITS_AT_A_TIME]
    until = min((first for first in firsts if first is not None), default=HIGHEST_ID) - 1
    gaps = Gap.objects.filter(Q(until_at=None) | Q(until_at__gt=at), source=source, missed=True, since_at__lt=at)
    return Moment(until, at, gap=gaps.order_by("era").first())


def _of_change(source: Source, number: int) -> Moment:
    changes = joined(Change.objects.filter(source=source, id=number), "transaction", without=["old", "new"])
    change = changes.first()
    if change is None:
        problem = f"This source has no change {number}, or retention has removed it."
        raise UserError(problem, "Choose another moment.", status=404)
    gap = None
    if change.kind == Change.Kind.GAP:
        gap = Gap.objects.filter(source=source, entry=number, missed=True).first()
    return Moment(max(number, change.transaction.last_change or 0), change.committed_at, number, gap)
