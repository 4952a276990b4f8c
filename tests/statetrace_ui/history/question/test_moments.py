import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statetrace_ui.history.question import moments
from tests.statetrace_ui.history.question.questions import BERLIN, MOMENTS, NOW, ROUND, ZONES

AGO = ("15m", "24h", "2D")


def shown(moment: dt.datetime) -> str:
    return moment.astimezone(BERLIN).strftime("%b %d %H:%M:%S")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-23", "Nov 23 00:00:00", "Nov 24 00:00:00"),
        ("2026-11-23T10:34", "Nov 23 10:34:00", "Nov 23 10:35:00"),
        ("2026-11-23 9:34:05", "Nov 23 09:34:05", "Nov 23 09:34:06"),
        ("2026-11-23T10:34+02:00", "Nov 23 09:34:00", "Nov 23 09:35:00"),
        ("2026-11-23T10:34-0330", "Nov 23 15:04:00", "Nov 23 15:05:00"),
        ("2026-11-23t10:34z", "Nov 23 11:34:00", "Nov 23 11:35:00"),
        ("2026-11-23Z", "Nov 23 01:00:00", "Nov 24 01:00:00"),
        ("10:30", "Nov 24 10:30:00", "Nov 24 10:31:00"),
        ("15m", "Nov 24 10:19:56", "Nov 24 10:34:56"),
        ("24h", "Nov 23 10:34:56", "Nov 24 10:34:56"),
        ("2D", "Nov 22 10:34:56", "Nov 24 10:34:56"),
        ("today", "Nov 24 00:00:00", "Nov 25 00:00:00"),
        ("Yesterday", "Nov 23 00:00:00", "Nov 24 00:00:00"),
        ("this week", "Nov 23 00:00:00", "Nov 30 00:00:00"),
        ("last-week", "Nov 16 00:00:00", "Nov 23 00:00:00"),
        ("this-month", "Nov 01 00:00:00", "Dec 01 00:00:00"),
        ("last month", "Oct 01 00:00:00", "Nov 01 00:00:00"),
    ],
)
def test_a_text_names_a_period(text: str, start: str, end: str) -> None:
    first, before = moments.at(text, NOW, BERLIN)
    assert (shown(first), shown(before)) == (start, end)
    assert moments.since(text, NOW, BERLIN) == first
    assert moments.until(text, NOW, BERLIN) == (first if text in AGO else before)


def test_a_fraction_of_a_second_names_as_little_as_it_says() -> None:
    start, end = moments.at("10:30:00.25", NOW, BERLIN)
    assert (start.microsecond, end - start) == (250_000, dt.timedelta(milliseconds=10))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("soon", "neither a time nor a period"),
        ("2026", "neither a time nor a period"),
        ("+02:00", "neither a time nor a period"),
        ("2026-02-30", "There is no such day"),
        ("25:00", "There is no such day or time"),
        ("2026-11-24T10:34+99:00", "There is no such day or time"),
        ("1969-12-31", "lies outside the years"),
        ("9999-12-31", "lies outside the years"),
        ("1970-01-01T00:00+10:00", "lies outside the years"),
        ("٢٠٢٦-11-24", "neither a time nor a period"),
        ("2026-03-29T02:30", "Clocks never showed 02:30"),
        ("2026-10-25T02:30", "Clocks showed 02:30 twice"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(moments.MomentError, match=sentence) as raised:
        moments.at(text, NOW, BERLIN)
    assert raised.value.advice


def test_of_a_time_that_clocks_showed_twice_both_are_proposed() -> None:
    with pytest.raises(moments.MomentError) as raised:
        moments.at("2026-10-25T02:30", NOW, BERLIN)
    assert raised.value.advice == "Write 2026-10-25T02:30+02:00 or 2026-10-25T02:30+01:00."


def test_a_very_long_time_ago_is_the_first_moment() -> None:
    assert moments.since("999999w", NOW, BERLIN) == moments.FIRST


@given(st.dates(dt.date(1980, 1, 1), dt.date(2190, 1, 1)), st.sampled_from(ZONES))
@settings(max_examples=100)
def test_days_follow_one_another_without_a_gap(day: dt.date, zone: ZoneInfo) -> None:
    start, end = moments.at(day.isoformat(), NOW, zone)
    assert start.astimezone(zone).date() == day
    assert (start - dt.timedelta(seconds=1)).astimezone(zone).date() == day - dt.timedelta(days=1)
    assert moments.since((day + dt.timedelta(days=1)).isoformat(), NOW, zone) == end


@given(MOMENTS | ROUND, st.sampled_from(ZONES))
@settings(max_examples=200)
def test_a_moment_that_is_written_is_read_as_the_same(moment: dt.datetime, zone: ZoneInfo) -> None:
    assert moments.since(moments.write_since(moment, zone), NOW, zone) == moment
    assert moments.until(moments.write_until(moment, zone), NOW, zone) == moment


@pytest.mark.parametrize(
    ("moment", "since", "until"),
    [
        (dt.datetime(2026, 11, 24, tzinfo=BERLIN), "2026-11-24", "2026-11-23"),
        (dt.datetime(2026, 11, 24, 10, 35, tzinfo=BERLIN), "2026-11-24T10:35", "2026-11-24T10:34"),
        (dt.datetime(2026, 11, 24, 10, 34, 6, tzinfo=BERLIN), "2026-11-24T10:34:06", "2026-11-24T10:34:05"),
        (dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC), "2026-10-25T00:30Z", "2026-10-25T00:29Z"),
    ],
)
def test_a_moment_is_written_as_people_would(moment: dt.datetime, since: str, until: str) -> None:
    assert moments.write_since(moment, BERLIN) == since
    assert moments.write_until(moment, BERLIN) == until
