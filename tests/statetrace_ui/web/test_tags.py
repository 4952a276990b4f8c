"""Numbers carry units, times carry zones."""

import datetime as dt
import zoneinfo

import pytest
from django.utils import timezone

from statetrace_ui.web.templatetags import statetrace as tags


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (None, "–"),
        (0, "0 ms"),
        (0.0123, "12.3 µs"),
        (12, "12 ms"),
        (999.4, "999 ms"),
        (999.9, "0.9999 s"),
        (1204, "1.204 s"),
        (59_990, "59.99 s"),
        (200_000, "3 min 20 s"),
        (7_500_000, "2 h 5 min"),
        (-250, "−250 ms"),
    ],
)
def test_durations_read_well(ms: float | None, text: str) -> None:
    assert tags.duration(ms) == text


@pytest.mark.parametrize(
    ("count", "text"), [(None, "–"), (0, "0 B"), (512, "512 B"), (14_230, "14.2 kB"), (3e6, "3 MB")]
)
def test_sizes_read_well(count: float | None, text: str) -> None:
    assert tags.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "just now"), (42, "42 s ago"), (185, "3 min ago"), (20_000, "5 h ago"), (1_100_000, "12 days ago")],
)
def test_how_long_ago_is_one_unit(seconds: float, text: str) -> None:
    assert tags.ago(seconds) == text


def test_a_moment_names_the_viewers_zone() -> None:
    with timezone.override(zoneinfo.ZoneInfo("Europe/Berlin")):
        shown = tags.moment(dt.datetime(2026, 1, 5, 11, 0, 7, tzinfo=dt.UTC))
    assert "5 Jan 2026, 12:00:07 CET" in shown
    assert 'datetime="2026-01-05T12:00:07+01:00"' in shown
