"""Any time is covered by whole spans that follow each other, and are few however long it is."""

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history.models import ChangeCount, Source, TableCount
from statetrace_ui.history.rollups.spans import (
    DAY,
    EPOCH,
    HOUR,
    KEPT,
    KEPT_OF_ACTORS,
    TEN_DAYS,
    covering,
    fitting,
    floor,
    is_kept,
)
from statetrace_ui.history.store import store
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.test_store import START, commit, insert

NOW = START
AGES = st.timedeltas(timedelta(seconds=1), timedelta(days=20_000))


@given(age=AGES, length=AGES, kept=st.sampled_from([KEPT, KEPT_OF_ACTORS]))
def test_parts_cover_a_time(age: timedelta, length: timedelta, kept: dict[int, timedelta]) -> None:
    start, end = NOW - age, NOW - age + length
    parts = covering(start, end, NOW, kept)
    shortest = min(part.seconds for part in parts)
    assert parts[0].start <= start < parts[0].start + timedelta(seconds=shortest) or not is_kept(start, DAY, NOW, kept)
    assert parts[0].start <= start
    assert end <= parts[-1].end < end + timedelta(seconds=TEN_DAYS)
    assert [part.end for part in parts[:-1]] == [part.start for part in parts[1:]]
    for seconds, first, last in parts:
        assert (floor(first, seconds), floor(last, seconds)) == (first, last) < (last, EPOCH.max)
        assert is_kept(start, seconds, NOW, kept)


@pytest.mark.parametrize(("years", "most"), [(1, 60), (10, 400), (40, 1_500)])
def test_spans_of_many_years_are_few(years: int, most: int) -> None:
    start = NOW - timedelta(days=years * 365, hours=7)
    spans = sum((part.end - part.start).total_seconds() / part.seconds for part in covering(start, NOW, NOW))
    assert spans <= most
    assert years * 365 * DAY / fitting(start, NOW, NOW) <= most * 8


def test_a_short_time_is_read_by_the_hour() -> None:
    start = datetime(2026, 2, 28, 22, 30, tzinfo=NOW.tzinfo)
    assert [part.seconds for part in covering(start, start + timedelta(hours=30), NOW)] == [HOUR, DAY, HOUR]


def test_an_upgrade_adds_up_ten_days_of_what_is_counted_by_day(organisation: Organisation) -> None:
    source = Source.objects.create(organisation=organisation, name="s", slot_name="s", publication_name="s")
    store(source, [commit(number * 40_000, *map(insert, range(3))) for number in range(1, 60)])
    kept = [list(model.objects.filter(seconds=TEN_DAYS).order_by("pk").values()) for model in (ChangeCount, TableCount)]
    for model in (ChangeCount, TableCount):
        model.objects.filter(seconds=TEN_DAYS).delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("statetrace_ui.history.migrations.0031_actor_counts").TEN_DAYS)
    again = [
        list(model.objects.filter(seconds=TEN_DAYS).order_by("pk").values()) for model in (ChangeCount, TableCount)
    ]
    assert again == kept
    assert len(kept[1]) == 4
