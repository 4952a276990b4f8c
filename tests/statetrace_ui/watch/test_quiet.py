"""Quiet hours are those of the clock on the person's wall."""

import datetime as dt

import pytest

from statetrace_ui.watch.quiet import is_quiet


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-15T20:59", False),  # 21:59 in Berlin
        ("2026-01-15T21:00", True),
        ("2026-01-16T05:59", True),
        ("2026-01-16T06:00", False),
        ("2026-07-15T20:00", True),  # summer time
        ("2026-07-16T05:00", False),
        ("2026-03-29T00:30", True),  # the night of the change
    ],
)
def test_hours_over_midnight(now: str, expected: bool) -> None:
    assert is_quiet(at(now), dt.time(22), dt.time(7), "Europe/Berlin") is expected


def test_hours_within_a_day_and_none() -> None:
    noon = at("2026-01-15T12:00")
    assert is_quiet(noon, dt.time(11), dt.time(13), "UTC")
    assert not is_quiet(noon, dt.time(12, 1), dt.time(13), "UTC")
    assert not is_quiet(noon, dt.time(12), dt.time(12), "UTC")
    assert not is_quiet(noon, None, None, "UTC")
    assert not is_quiet(noon, dt.time(11), None, "UTC")


def test_a_zone_that_is_gone_counts_as_utc() -> None:
    assert is_quiet(at("2026-01-15T12:00"), dt.time(11), dt.time(13), "Nowhere/Gone")
