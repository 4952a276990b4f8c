"""The first page: what its cards say of a time, and of what happened last on both sides."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.capture.models import Verification
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store
from statetrace_ui.overview import arranging
from statetrace_ui.overview.arranging import arrange
from statetrace_ui.overview.asked import Asked
from statetrace_ui.overview.moves import Move
from statetrace_ui.wal.records import Transaction, row_change
from statetrace_ui.web.models import Membership, Organisation
from tests.replica.captured import BARE, EXCLUDED, FULL, Captured
from tests.statetrace_ui.history.rows import make_action, make_session, make_source
from tests.statetrace_ui.history.test_store import ITEM, START, note

HOME = reverse("home")


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return Source.objects.create(organisation=organisation, name="shop", slot_name="s", publication_name="s")


def found(page: Any, name: str) -> dict[str, Any]:
    """What a card of the page has read."""
    [what] = [one.found for one in page.context["cards"] if one.card.name == name]
    assert what is not None
    return dict(what)


@pytest.fixture
def with_captured(reader: User, organisation: Organisation) -> None:
    """The reader has chosen to see the newest captured sessions."""
    arrange(Membership.objects.get(user=reader, organisation=organisation), "captured", Move.SHOW)


def test_the_newest_captured_sessions_are_listed(
    reader_client: Client, with_captured: None, captured_replica: Captured
) -> None:
    page = reader_client.get(HOME)
    sessions = [session.session_id for session, _ in found(page, "captured")["sessions"]]
    assert sessions[:3] == [EXCLUDED, BARE, FULL]
    assert reverse("replica:flame", args=[FULL]) in page.content.decode()
    assert reverse("replica:flame", args=[BARE]) not in page.content.decode()


def test_without_a_replica_the_page_says_why(reader_client: Client, with_captured: None) -> None:
    page = reader_client.get(HOME).content.decode()
    assert "Your organisation has no replica database yet. It is made by the first sync" in page


def test_whoever_chose_nothing_waits_for_no_replica(reader_client: Client, captured_replica: Captured) -> None:
    with CaptureQueriesContext(connections[captured_replica.alias]) as asked:
        assert reader_client.get(HOME).status_code == 200
    assert asked.captured_queries == []


def test_a_card_that_fails_leaves_the_others(
    reader_client: Client, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Asked) -> dict[str, Any]:
        raise RuntimeError("as if a table were gone")

    monkeypatch.setitem(arranging.BY_NAME, "tables", replace(arranging.BY_NAME["tables"], read=fails))
    page = reader_client.get(HOME)
    assert page.status_code == 200
    assert "This could not be read just now." in page.content.decode()
    assert found(page, "sources")["rows"]


def test_changes_of_the_time_are_counted_and_lead_to_their_list(reader_client: Client, source: Source) -> None:
    now = timezone.now()
    row = row_change(ITEM, "I", new={"id": "1", "name": "x"})
    store(source, [Transaction(8, 16, now - timedelta(days=3), [row], xid=1)])
    store(source, [Transaction(16, 24, now, [row, row], xid=2)])
    day, week = (reader_client.get(HOME, {"range": name}) for name in ("24h", "7d"))
    assert (found(day, "changes")["counted"].total, found(week, "changes")["counted"].total) == (2, 3)
    [(_, _, count, href)] = found(week, "tables")["rows"]
    assert count == 3
    assert len(reader_client.get(f"{href}&group=change").context["page"].rows) == 3
    assert [trace.get("name") for trace in found(day, "changes")["figure"]["data"]] == ["Inserted", None]


def test_nothing_is_counted_of_another_organisation(stranger_client: Client, source: Source) -> None:
    row = row_change(ITEM, "I", new={"id": "1", "name": "x"})
    store(source, [Transaction(8, 16, timezone.now(), [row], xid=1)])
    theirs = make_source(Organisation.objects.get(members__username="stranger"), "theirs")
    store(theirs, [Transaction(8, 16, timezone.now(), [row, row], xid=1)])
    page = stranger_client.get(HOME)
    assert found(page, "changes")["counted"].total == 2
    assert [one.changes for one in found(page, "tables")["rows"]] == [2]
    assert [one for one, *_ in found(page, "sources")["rows"]] == [theirs]


def test_a_range_of_ones_own_stands_in_the_address(reader_client: Client, source: Source) -> None:
    row = row_change(ITEM, "I", new={"id": "1", "name": "x"})
    store(source, [Transaction(8, 16, START, [row], xid=1)])
    page = reader_client.get(HOME, {"since": "2026-03-01", "until": "2026-03-01"})
    assert found(page, "changes")["counted"].total == 1
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


def test_a_wrong_time_is_said_beside_its_field_and_counts_nothing(reader_client: Client, source: Source) -> None:
    page = reader_client.get(HOME, {"since": "2026-03-02", "until": "2026-03-01"})
    assert page.status_code == 400
    assert "The end is before the beginning." in page.content.decode()
    assert "cards" not in page.context


def test_an_empty_installation_shows_no_counts_and_leads_on(manager_client: Client) -> None:
    page = manager_client.get(HOME)
    assert [one.card.name for one in page.context["cards"] if one.card.of_changes] == []
    assert reverse("capture:add") in page.content.decode()


def test_a_viewer_is_not_led_to_where_managers_alone_may_go(reader_client: Client) -> None:
    page = reader_client.get(HOME).content.decode()
    assert "Ask a manager of your organisation to add one." in page
    assert reverse("capture:add") not in page


def test_who_is_active_is_told_by_what_they_did_last(reader_client: Client, source: Source) -> None:
    now = timezone.now()
    begun_long_ago = make_session(source, "old", now - timedelta(days=2), actor_full_name="Grace Hopper")
    quiet = make_session(source, "quiet", now - timedelta(minutes=40))
    make_action(quiet, now - timedelta(minutes=30))
    make_action(begun_long_ago, now - timedelta(minutes=1))
    page = reader_client.get(HOME)
    assert found(page, "audited")["active"] == [begun_long_ago]
    assert "1 active now" in page.content.decode()
    listed = reader_client.get(reverse("history:active_sessions"))
    assert listed.context["sessions"] == [begun_long_ago]
    assert "Grace Hopper" in listed.content.decode()


def test_what_arrived_late_makes_nobody_active(reader_client: Client, source: Source) -> None:
    """The log has it after what somebody else has just done; it was committed long before."""
    now = timezone.now()
    make_action(make_session(source, "now", now, actor_full_name="Grace Hopper"), now)
    make_action(make_session(source, "then", now - timedelta(days=1)), now - timedelta(days=1))
    assert [one.actor_full_name for one in found(reader_client.get(HOME), "audited")["active"]] == ["Grace Hopper"]


def test_nobody_of_another_organisation_is_active_here(stranger_client: Client, source: Source) -> None:
    make_action(make_session(source, "s", timezone.now()), timezone.now())
    listed = stranger_client.get(reverse("history:active_sessions"))
    assert listed.context["sessions"] == []
    assert "Nobody is active" in listed.content.decode()


def test_the_newest_verification_of_each_source_is_told(reader_client: Client, source: Source) -> None:
    Verification.objects.create(source=source, outcome=Verification.Outcome.CLEAN)
    newest = Verification.objects.create(source=source, outcome=Verification.Outcome.DIFFERENT)
    never = make_source(source.organisation, "warehouse")
    rows = found(reader_client.get(HOME), "sources")["rows"]
    assert [(one, verification) for one, _, verification in rows] == [(source, newest), (never, None)]


def test_the_numbers_of_the_chart_stand_in_a_table(reader_client: Client, source: Source) -> None:
    now = timezone.now()
    row = row_change(ITEM, "I", new={"id": "1", "name": "x"})
    store(source, [Transaction(8, 16, now - timedelta(hours=3), [row], xid=1)])
    store(source, [Transaction(16, 24, now, [row, row], xid=2)])
    page = reader_client.get(reverse("change-counts"), {"range": "24h"})
    rows = page.context["rows"]
    assert [(sums, total) for _, sums, total, _ in rows] == [([2, 0, 0], 2), ([1, 0, 0], 1)]
    assert len(reader_client.get(f"{rows[0][-1]}&group=change").context["page"].rows) == 2


def test_the_busiest_actors_lead_to_what_they_changed(reader_client: Client, source: Source) -> None:
    row = row_change(ITEM, "I", new={"id": "1", "name": "x"})
    notes = [
        note("sess", "s-1", session_actor_id="42", session_actor_full_name="Ada Lovelace"),
        note("act", "a-1", action_session_id="s-1", action_url="/", action_method="GET"),
    ]
    store(source, [Transaction(8, 16, timezone.now(), [*notes, row, row], xid=1)])
    store(source, [Transaction(16, 24, timezone.now(), [row], xid=2)])
    page = reader_client.get(HOME)
    [actor] = found(page, "actors")["rows"]
    assert (actor.label, actor.changes) == ("Ada Lovelace", 2)
    assert len(reader_client.get(f"{actor.href}&group=change").context["page"].rows) == 2
    assert "Ada Lovelace" in page.content.decode()


NAMES = ["a/b", "-minus", "line\nbreak", 'quo"te', "since:now", "🦉 owl", "x y", "=42", "%_\\"]


@pytest.mark.parametrize("name", NAMES)
def test_rankings_lead_to_what_they_count_whatever_names_are(
    reader_client: Client, organisation: Organisation, name: str
) -> None:
    """Of the actor alone, not of one whose id goes on after it; the busiest first."""
    source = make_source(organisation, name)
    row = row_change(replace(ITEM, table_name=name), "I", new={"id": "1", "name": "x"})
    for lsn, actor, count in ((8, f"{name}2", 1), (16, name, 2)):
        notes = [note("sess", actor, session_actor_id=actor), note("act", f"act {actor}", action_session_id=actor)]
        store(source, [Transaction(lsn, lsn + 8, timezone.now(), [*notes, *[row] * count], xid=lsn)])
    page = reader_client.get(HOME)
    assert [(one.label, one.changes) for one in found(page, "actors")["rows"]] == [(name, 2), (f"{name}2", 1)]
    for one in (*found(page, "actors")["rows"], *found(page, "tables")["rows"]):
        assert len(reader_client.get(f"{one.href}&group=change").context["page"].rows) == one.changes
