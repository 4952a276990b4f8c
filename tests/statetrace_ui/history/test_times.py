"""Moments in values are read in the viewer's zone, as the times beside them; the value itself stays as it is."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from statetrace_ui.history.models import Action, Change, Relation
from statetrace_ui.history.templatetags.history import brief, in_words, local_time
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
    assert "24 Nov 2026, 13:02:12.329296" in page
    assert "+00" not in re.sub("<[^>]*>", "", page.partition('id="changes"')[2])


def test_the_change_shows_what_the_value_means_and_how_it_is_stored(reader_client: Client, moved: Change) -> None:
    reader_client.cookies["timezone"] = "America/New_York"
    page = reader_client.get(reverse("history:change", args=[moved.pk])).content.decode()
    assert 'title="Stored: 2026-11-24 18:02:12.329296+00"' in page
    assert "24 Nov 2026, 13:02:12.329296 EST" in page
    line = {"q": "field:paid new:=2026-11-24T13:02:12.329296"}
    assert f'id="change-{moved.pk}"' in reader_client.get("/changes/", line).content.decode()


@pytest.mark.parametrize(
    "value", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00+00", "", None]
)
def test_a_moment_beyond_the_calendar_stays_as_it_is(value: str | None) -> None:
    assert local_time(value, TYPE) is None
    assert brief(value, TYPE) == brief(value)


def test_only_moments_with_a_zone_are_read() -> None:
    others = {"timestamp without time zone": "2026-11-24 18:02:12", "date": "2026-11-24", "interval": "1 day 02:00:00"}
    for kind, value in {**others, "text": "2026-11-24 18:02:12+00"}.items():
        assert local_time(value, kind) is None
        assert brief(value, kind) == value
    at = local_time("2026-11-24 18:02:12.50+02", "timestamp(1) with time zone")
    assert at
    assert in_words(at) == "24 Nov 2026, 16:02:12.5 UTC"
