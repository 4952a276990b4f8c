"""Declares and closes gaps. A gap is declared as soon as it is found, in one transaction with its entry in the log.

A source is in one of three states: it has no open gap; its open gap waits for a person, and its era is still the one
before the gap; or its open gap's era has begun, with position 0, and slot and publication are to be made anew. Each
step is one transaction under the lock of the source's row, so that a process may be killed between any two, and
several may try the same step.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from statetrace_ui.history.models import Gap, Source, Transaction
from statetrace_ui.history.refusals import EraEnded, Superseded
from statetrace_ui.history.store import store_gap


class Loss(NamedTuple):
    """What was found at a source. sentence: as `Gap.sentence`. waits: whether a person must say how to go on."""

    reason: Gap.Reason
    sentence: str
    detail: str = ""
    certain: bool = True
    waits: bool = False


def declare(source: Source, loss: Loss) -> Gap:
    """Declare what was found, unless that was done already; `source` is then as it stands in the database.

    Raises EraEnded if somebody else has declared a gap, and begun its era, since `source` was loaded; Superseded if
    another process has taken the source.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        era = _locked_era(source)
        if era != source.era:
            raise EraEnded(source)
        gap = open_gap(source)
        if gap is None:
            number = (Gap.objects.filter(source=source).aggregate(last=Max("era"))["last"] or source.era) + 1
            since_at, since_lsn = known_end(source)
            entry = store_gap(cursor, source.pk, number, since_at)
            gap = Gap(source=source, era=number, entry=entry, since_at=since_at, since_lsn=since_lsn)
            gap.found_at = timezone.now()
        gap.reason, gap.sentence, gap.detail, gap.certain = loss.reason, loss.sentence, loss.detail, loss.certain
        gap.save()
        if not loss.waits:
            begin_era(source, gap)
    source.refresh_from_db()
    return gap


def begin_era(source: Source, gap: Gap, *, other_server: bool = False) -> None:
    """From here on slot and publication are made anew. other_server: whichever server answers then is the right one."""
    if source.era == gap.era and not other_server:
        return
    values: dict[str, Any] = {
        "era": gap.era,
        "position": 0,
        "inserts_from": 0,
        "publication_oid": None,
        "diverged": False,
    }
    if other_server:
        values |= {"system_identifier": "", "timeline": None}
    Source.objects.filter(pk=source.pk).update(**values)


def count_try(source: Source) -> None:
    """Note that all tables are about to be read, for the pause before the next time."""
    Gap.objects.filter(source=source, closed_at=None).update(tries=F("tries") + 1, tried_at=timezone.now())


def close(source: Source, at: datetime, lsn: int) -> None:
    """The tables are as of `at` from here on; in the transaction that stores them. Raises EraEnded if it is closed."""
    if not source.era:
        return
    found = Gap.objects.filter(source=source, era=source.era, closed_at=None)
    if not found.update(until_at=at, until_lsn=lsn, closed_at=timezone.now()):
        raise EraEnded(source)


def withdraw(source: Source) -> None:
    """Close a gap that waits for a person: the source's own server is back, and has everything that follows."""
    waiting = Gap.objects.filter(source=source, era__gt=source.era, closed_at=None)
    for gap in waiting:
        waiting.update(until_at=gap.since_at, until_lsn=gap.since_lsn, closed_at=timezone.now(), missed=False)


def open_gap(source: Source) -> Gap | None:
    return Gap.objects.filter(source=source, closed_at=None).first()


def known_end(source: Source) -> tuple[datetime, int]:
    """When and where what is known of the source ends."""
    stored = Transaction.objects.filter(source=source, era=source.era).exclude(kind=Transaction.Kind.GAP)
    last = stored.order_by("-commit_lsn").first()
    return (last.committed_at if last else source.added_at), source.position


def _locked_era(source: Source) -> int:
    """Raises Source.DoesNotExist; Superseded if another process has taken the source."""
    locked = Source.objects.select_for_update(no_key=True).only("era", "fence").get(pk=source.pk)
    if locked.fence != source.fence:
        raise Superseded(source)
    return locked.era
