"""Finds what of a question is new since it was looked for last.

Ids are the order of visibility: once a change is seen, none with a lower id appears. So one number says what was looked
at.
"""

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.utils import timezone

from statetrace_ui.history import search
from statetrace_ui.history.models import Change, Transaction
from statetrace_ui.history.queries.ranges import Place, Range, newest
from statetrace_ui.history.queries.sources import sources_of
from statetrace_ui.history.question.editing import line_with
from statetrace_ui.history.question.parsing import parse
from statetrace_ui.web.models import Organisation

LOOK_SECONDS = 10.0  # of one question
WINDOW = 200_000  # ids that are looked through before the time is looked at
FIRST = 10  # changes that are named


@dataclass
class Found:
    """What lies between what was looked at before and `reached`. first: the oldest matches; last: the newest one."""

    reached: int
    count: int = 0
    first: list[Place] = field(default_factory=list)
    last: Place | None = None


def newest_id(organisation: Organisation) -> int:
    """The newest change that is visible in the organisation's sources."""
    places = newest([Range(source.pk) for source in sources_of(organisation)], 1)
    return places[0][1] if places else 0


def find(organisation: Organisation, line: str, reached: int, end: int) -> Found:
    """All that is new up to the id `end`, or as much of it as there is time for; the rest is for the next look.

    Raises QuestionError for a line that is not understood any more.
    """
    question = parse(line, timezone.now(), UTC)
    found, begun = Found(reached), time.monotonic()
    while found.reached < end:
        until = min(end, found.reached + WINDOW)
        oldest: deque[Place] = deque(maxlen=FIRST)
        newest_here: Place | None = None
        for places in search.every(organisation, question, found.reached, until + 1):
            found.count += len(places)
            oldest.extend(places)
            newest_here = newest_here or next(iter(places), None)
        found.first += list(reversed(oldest))[: FIRST - len(found.first)]
        found.last = newest_here or found.last
        found.reached = until
        if time.monotonic() - begun > LOOK_SECONDS:
            break
    return found


def line_between(line: str, since: datetime, until: datetime) -> str:
    """The question, asked for the time of what was found."""
    line = line_with(line, f"since:{_stamp(since)}")
    return line_with(line, f"until:{_stamp(until)}")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def committed_at(place: Place) -> datetime | None:
    source_id, number, baseline = place
    change = Change.objects.filter(source=source_id, baseline=baseline, pk=number).values("transaction_id")
    return Transaction.objects.filter(source=source_id, pk__in=change).values_list("committed_at", flat=True).first()
