"""The first page shows what happened last on both sides."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store
from statetrace_ui.wal.records import Transaction, row_change
from statetrace_ui.web.models import Organisation
from tests.replica.captured import BARE, EXCLUDED, FULL, Captured
from tests.statetrace_ui.history.test_store import ITEM, START

HOME = reverse("home")


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return Source.objects.create(organisation=organisation, name="shop", slot_name="s", publication_name="s")


def test_the_newest_captured_sessions_are_listed(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(HOME)
    sessions = [session.session_id for session, _ in page.context["measured"].sessions]
    assert sessions[:3] == [EXCLUDED, BARE, FULL]
    assert reverse("replica:flame", args=[FULL]) in page.content.decode()
    assert reverse("replica:flame", args=[BARE]) not in page.content.decode()


def test_without_a_replica_the_page_says_why_and_what_to_do(manager_client: Client) -> None:
    page = manager_client.get(HOME).content.decode()
    assert "Your organisation has no replica database yet. It is made by the first sync" in page
    assert "python manage.py import_sessions" in page


def test_changes_of_the_time_are_counted_and_lead_to_their_list(reader_client: Client, source: Source) -> None:
    now = timezone.now()
    row = row_change(ITEM, "I", new={"id": "1", "name": "x"})
    store(source, [Transaction(8, 16, now - timedelta(days=3), [row], xid=1)])
    store(source, [Transaction(16, 24, now, [row, row], xid=2)])
    day, week = (reader_client.get(HOME, {"range": name}) for name in ("24h", "7d"))
    assert (day.context["counted"].total, week.context["counted"].total) == (2, 3)
    [(_, count, href)] = week.context["table_rows"]
    assert count == 3
    assert len(reader_client.get(f"{href}&group=change").context["page"].rows) == 3
    assert [trace.get("name") for trace in day.context["figure"]["data"]] == ["Inserted", None]


def test_nothing_is_counted_of_another_organisation(stranger_client: Client, source: Source) -> None:
    row = row_change(ITEM, "I", new={"id": "1", "name": "x"})
    store(source, [Transaction(8, 16, timezone.now(), [row], xid=1)])
    page = stranger_client.get(HOME)
    assert page.context["counted"].total == 0
    assert not page.context["table_rows"]


def test_a_range_of_ones_own_stands_in_the_address(reader_client: Client, source: Source) -> None:
    row = row_change(ITEM, "I", new={"id": "1", "name": "x"})
    store(source, [Transaction(8, 16, START, [row], xid=1)])
    page = reader_client.get(HOME, {"since": "2026-03-01", "until": "2026-03-01"})
    assert page.context["counted"].total == 1
    assert reader_client.get(HOME, {"range": "9y"}).status_code == 400


def test_a_poll_gets_the_chart_and_tables_of_its_time_alone(reader_client: Client, source: Source) -> None:
    row = row_change(ITEM, "I", new={"id": "1", "name": "x"})
    store(source, [Transaction(8, 16, timezone.now() - timedelta(days=3), [row], xid=1)])
    page = reader_client.get(HOME, {"range": "7d"}).content.decode()
    assert f'hx-get="{HOME}?range=7d"' in page
    part = reader_client.get(HOME, {"range": "7d"}, headers={"HX-Request": "true"}).content.decode()
    assert "Changes per hour" in part
    assert "Busiest tables" in part
    assert "<h1>" not in part
