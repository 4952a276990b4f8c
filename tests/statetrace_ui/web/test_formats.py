"""The admin site writes times as the other pages do."""

import datetime as dt

from django.utils.formats import date_format


def test_times_have_24_hours_and_days_come_first() -> None:
    at = dt.datetime(2026, 11, 4, 16, 57, 3, tzinfo=dt.UTC)
    assert date_format(at, "DATETIME_FORMAT") == "4 Nov 2026, 16:57:03"
    assert date_format(at.date(), "DATE_FORMAT") == "4 Nov 2026"
