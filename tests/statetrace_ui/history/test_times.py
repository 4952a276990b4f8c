"""Moments in values are read in the viewer's zone, as the times beside them; the value itself stays as it is."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from statetrace_ui.history.models import Action, Change, Relation
from statetrace_ui.history.templatetags.history import brief, local_time
from tests.statetrace_ui.history.rows import make_change

TYPE = "timestamp with time zone"


@pytest.fixture
def moved(action: Action, orders: Relation) -> Change:
    columns = [{"name": "id", "type": "bigint", "key": True}, {"name": "paid", "type": TYPE, "key": False}]
    orders.columns = columns
    orders.save()
    old, new = ({"id": "7", "paid": f"2026-11-2{day} 18:02:12.329296+00"} for day in (3, 4))
    return make_change(action.transaction, orders, "U", old=old, new=new)


def test_lists_show_moments_in_the_viewers_zone(reader_client: Client, moved: Change) -> None:
    reader_client.cookies["timezone"] = "America/New_York"
    page = reader_client.get("/changes/").content.decode()
    assert "24 Nov 2026, 13:02:12" in page
    assert "+00" not in re.sub("<[^>]*>", "", page.partition('id="changes"')[2])


def test_the_change_shows_the_value_and_what_it_means(reader_client: Client, moved: Change) -> None:
    reader_client.cookies["timezone"] = "America/New_York"
    page = reader_client.get(reverse("history:change", args=[moved.pk])).content.decode()
    assert "2026-11-24 18:02:12.329296+00" in page
    assert "24 Nov 2026, 13:02:12 EST" in page


@pytest.mark.parametrize(
    "value", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00+00", "", None]
)
def test_a_moment_beyond_the_calendar_stays_as_it_is(value: str | None) -> None:
    assert local_time(value, TYPE) == ""
    assert brief(value, TYPE) == brief(value)


def test_only_moments_with_a_zone_are_read() -> None:
    assert local_time("2026-11-24 18:02:12", "timestamp without time zone") == ""
    assert local_time("2026-11-24 18:02:12.5+02", "timestamp(1) with time zone") == "24 Nov 2026, 16:02:12 UTC"
