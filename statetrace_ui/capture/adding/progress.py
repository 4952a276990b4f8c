"""How far a new source is: from the wait for a capture process to the first change that says who made it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Sum
from django.utils import timezone

from statetrace_ui.capture.models import Baseline, BaselineTable
from statetrace_ui.history import queries
from statetrace_ui.history.models import Action, Source, Transaction
from statetrace_ui.web import paging
from statetrace_ui.web.paging import Page

FINISHED_SHOWN = 3
MOMENT = timedelta(seconds=2)  # before that a rate says nothing


@dataclass(frozen=True)
class Reading:
    """The first reading of the tables. expected: rows in all, by the server's statistics; at least what was read.

    rate: rows a second. left: until about when it ends.
    """

    baseline: Baseline
    tables: int
    tables_done: int
    rows: int
    expected: int
    rate: float | None
    left: timedelta | None

    @property
    def left_ms(self) -> float | None:
        return self.left.total_seconds() * 1000 if self.left else None


@dataclass(frozen=True)
class Progress:
    """first_change, first_action: None as long as there is none."""

    source: Source
    silent: bool
    reading: Reading | None
    first_change: Transaction | None
    first_action: Action | None

    @property
    def is_done(self) -> bool:
        return bool(self.first_change and self.first_action)


def progress_of(source: Source) -> Progress:
    streams = source.position > 0
    return Progress(
        source=source,
        silent=queries.is_silent(source),
        reading=_reading(source),
        first_change=queries.oldest_change(source) if streams else None,
        first_action=queries.oldest_action(source) if streams else None,
    )


def _reading(source: Source) -> Reading | None:
    baseline = Baseline.objects.filter(source=source).first()
    if baseline is None:
        return None
    tables = BaselineTable.objects.filter(baseline=baseline)
    sums = tables.aggregate(rows=Sum("rows"))
    # What the statistics say too little of counts as it was read.
    finished = tables.filter(finished_at__isnull=False).aggregate(rows=Sum("rows"))["rows"] or 0
    ahead = sum(max(rows, expected) for rows, expected in _unfinished(baseline))
    rows, expected = sums["rows"] or 0, finished + ahead
    rate = _rate(baseline, rows)
    left = timedelta(seconds=(expected - rows) / rate) if rate and expected > rows else None
    return Reading(baseline, tables.count(), tables.exclude(finished_at=None).count(), rows, expected, rate, left)


def _unfinished(baseline: Baseline) -> list[tuple[int, int]]:
    waiting = BaselineTable.objects.filter(baseline=baseline, finished_at=None)
    begun = list(waiting.filter(rows__gt=F("expected")).values_list("rows", "expected"))
    others = waiting.filter(rows__lte=F("expected")).aggregate(expected=Sum("expected"))["expected"] or 0
    return [*begun, (0, others)]


def _rate(baseline: Baseline, rows: int) -> float | None:
    if baseline.reading_since is None:
        return None
    end: datetime = baseline.finished_at or timezone.now()
    took = end - baseline.reading_since
    return rows / took.total_seconds() if took > MOMENT and rows else None


def tables_of(source: Source, cursor: str) -> Page[BaselineTable]:
    """A page of the baseline's tables in the order in which they are read, without a cursor from what is read now."""
    tables = BaselineTable.objects.filter(baseline=source.pk)
    now = None if cursor else tables.filter(finished_at=None).order_by("place").first()
    begin = now.place - FINISHED_SHOWN if now else 0
    return paging.oldest_first(tables if cursor else tables.filter(place__gte=begin), ("place",), cursor)
