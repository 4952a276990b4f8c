"""Looks for what is new since the last look, in each alert's turn.

Ids are the order of visibility: once a change is seen, none with a lower id appears. So what an alert has looked at is
one number, which moves in the transaction that stores and sends what was found.
"""

import logging
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from statetrace_ui.history import search
from statetrace_ui.history.alerts.telling import is_told, tell
from statetrace_ui.history.models import Alert, AlertFinding, Change, Transaction
from statetrace_ui.history.queries.ranges import Place, Range, newest
from statetrace_ui.history.queries.sources import sources_of
from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.history.question.parsing import parse
from statetrace_ui.web.locks import alone
from statetrace_ui.web.models import Organisation

logger = logging.getLogger(__name__)
ALL_SECONDS = 45.0  # of one round, which comes each minute
LOOK_SECONDS = 10.0  # of one alert in it
WINDOW = 200_000  # ids that are looked through before the time is looked at
FIRST = 10  # changes that a finding names


@dataclass
class Found:
    """What lies between what was looked at before and `reached`. first: the oldest matches; last: the newest one."""

    reached: int
    count: int = 0
    first: list[Place] = field(default_factory=list)
    last: Place | None = None


def look_for_all() -> None:
    """Let alerts look, beginning with those that have waited longest, for as long as a round may take."""
    begun = time.monotonic()
    for number in list(Alert.objects.order_by(F("looked_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)):
        if time.monotonic() - begun > ALL_SECONDS:
            break
        with alone("alert", number) as mine:
            alert = Alert.objects.select_related("organisation", "question", "person").filter(pk=number).first()
            if mine and alert:
                look(alert)


def newest_id(organisation: Organisation) -> int:
    """The newest change that is visible in the organisation's sources."""
    places = newest([Range(source.pk) for source in sources_of(organisation)], 1)
    return places[0][1] if places else 0


def look(alert: Alert) -> None:
    end = newest_id(alert.organisation)
    if not is_told(alert):
        _keep(alert, Found(max(end, alert.reached)))
        return
    try:
        found = _find(alert, end)
    except QuestionError as error:
        _fail(alert, f"Its question is not understood any more: {error.sentence} {error.advice}")
    except Exception as error:
        logger.exception("Alert %s could not look", alert.pk)
        _fail(alert, f"The search failed ({type(error).__name__}); the log of the worker says where.")
    else:
        _keep(alert, found)


def _find(alert: Alert, end: int) -> Found:
    """All that is new up to the id `end`, or as much of it as there is time for; the rest is for the next look."""
    question = parse(alert.question.line, timezone.now(), UTC)
    found, begun = Found(alert.reached), time.monotonic()
    while found.reached < end:
        until = min(end, found.reached + WINDOW)
        oldest: deque[Place] = deque(maxlen=FIRST)
        newest_here: Place | None = None
        for places in search.every(alert.organisation, question, found.reached, until + 1):
            found.count += len(places)
            oldest.extend(places)
            newest_here = newest_here or next(iter(places), None)
        found.first += list(reversed(oldest))[: FIRST - len(found.first)]
        found.last = newest_here or found.last
        found.reached = until
        if time.monotonic() - begun > LOOK_SECONDS:
            break
    return found


def _keep(alert: Alert, found: Found) -> None:
    """Move on, and tell what was found, in one transaction: killed before its end, it is as if nobody had looked."""
    with transaction.atomic():
        if _move(alert, found.reached, "") and found.last:
            finding = AlertFinding.objects.create(
                alert=alert,
                count=found.count,
                changes=[number for _, number, _ in found.first],
                since=_committed_at(found.first[0]),
                until=_committed_at(found.last),
            )
            tell(alert, finding)


def _fail(alert: Alert, fault: str) -> None:
    """Tell once that it cannot look. It stays where it is, so nothing is missed."""
    with transaction.atomic():
        if _move(alert, alert.reached, fault) and fault != alert.fault:
            tell(alert, AlertFinding.objects.create(alert=alert, fault=fault))


def _move(alert: Alert, reached: int, fault: str) -> bool:
    """Whether it was still where it was when the look began."""
    unmoved = Alert.objects.filter(pk=alert.pk, reached=alert.reached)
    return bool(unmoved.update(reached=reached, looked_at=timezone.now(), fault=fault))


def _committed_at(place: Place) -> datetime | None:
    source_id, number, baseline = place
    change = Change.objects.filter(source=source_id, baseline=baseline, pk=number).values("transaction_id")
    return Transaction.objects.filter(source=source_id, pk__in=change).values_list("committed_at", flat=True).first()
