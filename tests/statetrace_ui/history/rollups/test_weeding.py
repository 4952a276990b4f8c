"""Counts of short spans go in time; every time that a page may ask for keeps spans that have it."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from statetrace_ui.history.models import ChangeCount, Source, TableCount
from statetrace_ui.history.queries import rollups
from statetrace_ui.history.rollups import weeding
from statetrace_ui.history.rollups.spans import DAY, HOUR, MINUTE, TEN_MINUTES
from statetrace_ui.history.store import store
from statetrace_ui.wal.records import Transaction, row_change
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.test_store import ITEM

AGES = {"new": 0, "week": 7, "month": 30, "year": 300, "years": 1_000}
ROW = row_change(ITEM, "I", new={"id": "1", "name": "x"})


@pytest.fixture
def now(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(weeding, "PART", 1)
    source = Source.objects.create(organisation=organisation, name="s", slot_name="s", publication_name="s")
    now = timezone.now()
    times = [now - timedelta(days=days) for days in AGES.values()]
    store(source, [Transaction(n * 8, n * 8 + 8, at, [ROW], xid=n) for n, at in enumerate(times, start=1)])
    weeding.weed(source.pk, now)
    return now


def test_short_spans_go_and_days_stay(now: datetime) -> None:
    kept = {seconds: ChangeCount.objects.filter(seconds=seconds).count() for seconds in (MINUTE, TEN_MINUTES, HOUR)}
    assert kept == {MINUTE: 2, TEN_MINUTES: 3, HOUR: 4}
    assert ChangeCount.objects.filter(seconds=DAY).count() == len(AGES)
    hours, days = (TableCount.objects.filter(seconds=seconds).count() for seconds in (HOUR, DAY))
    assert (hours, days) == (4, len(AGES))


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("length", [timedelta(minutes=30), timedelta(hours=24), timedelta(days=7), timedelta(days=400)])
def test_every_time_is_still_counted(organisation: Organisation, now: datetime, age: str, length: timedelta) -> None:
    at = now - timedelta(days=AGES[age])
    start, end = at - length / 2, at + length / 2
    assert rollups.changes_over_time(organisation, start, end, now).total >= 1
    assert rollups.busiest_tables(organisation, start, end, now, 8).rows
