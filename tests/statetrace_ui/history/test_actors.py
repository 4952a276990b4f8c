"""The page of an actor."""

import datetime as dt
from datetime import date

import pytest
from django.test import Client

from statetrace_ui.history.activity import LEAST_DAYS, Bar, activity_figure
from statetrace_ui.history.models import Relation, Session, Source
from statetrace_ui.history.queries import actors
from tests.statetrace_ui.history.rows import NOON, make_action, make_change, make_session, make_source, row


@pytest.fixture
def busy(source: Source, orders: Relation) -> list[Session]:
    """Three sessions of one actor on three days, each with one more action than the one before, and one of another."""
    sessions = [make_session(source, f"s-{day}", NOON + dt.timedelta(days=day)) for day in range(3)]
    for count, session in enumerate(sessions, start=1):
        for number in range(count):
            action = make_action(session, session.started_at + dt.timedelta(minutes=number))
            make_change(action.transaction, orders, "U", "7", new=row())
    other = make_session(source, "other", actor_id="43", actor_full_name="Mei Tanaka")
    make_change(make_action(other).transaction, orders, "I", "9", new=row("9"))
    return sessions


def page(client: Client, source: Source, actor_id: str = "42", **query: str):  # type: ignore[no-untyped-def]
    return client.get(f"/sources/{source.pk}/actor/", {"id": actor_id, **query})


def test_all_of_an_actor_is_on_its_page(reader_client: Client, source: Source, busy: list[Session]) -> None:
    context = page(reader_client, source).context
    assert context["actor"].first_at == busy[0].started_at
    assert context["actor"].last_at == NOON + dt.timedelta(days=2, minutes=2)
    assert context["actor"].sessions == 3
    assert [(bar.day.isoformat(), bar.actions, bar.changes) for bar in context["bars"]] == [
        ("2026-03-14", 1, 1),
        ("2026-03-15", 2, 2),
        ("2026-03-16", 3, 3),
    ]
    assert [(one.label, one.counts) for one in context["tables"]] == [("orders", [("U", 6)])]
    assert list(context["page"].rows) == busy[::-1]


def test_a_bar_leads_to_the_sessions_of_its_day(reader_client: Client, source: Source, busy: list[Session]) -> None:
    bar = page(reader_client, source).context["bars"][1]
    listed = reader_client.get(bar.href, follow=True).context["listed"]
    assert [one.row for one in listed] == [busy[1]]


def test_only_the_newest_is_read_and_that_is_said(
    reader_client: Client, source: Source, busy: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actors, "MOST_ACTIONS", 4)
    monkeypatch.setattr(actors, "MOST_TRANSACTIONS", 2)
    monkeypatch.setattr(actors, "MOST_SESSIONS", 2)
    response = page(reader_client, source)
    assert [bar.actions for bar in response.context["bars"]] == [1, 3]
    assert [one.counts for one in response.context["tables"]] == [[("U", 2)]]
    text = " ".join(response.content.decode().split())
    for told in ("of the newest 4 actions", "in the newest 2 transactions", "more than 2"):
        assert told in text


def test_an_actor_is_one_of_a_source(
    reader_client: Client, stranger_client: Client, source: Source, busy: list[Session]
) -> None:
    elsewhere = make_source(source.organisation, "elsewhere")
    assert page(reader_client, elsewhere).status_code == 404
    assert page(reader_client, source, "nobody").status_code == 404
    assert page(reader_client, source, "").status_code == 400
    assert page(stranger_client, source).status_code == 404


def test_ids_of_any_length_are_told_apart(reader_client: Client, source: Source) -> None:
    long = "x" * 300
    make_session(source, actor_id=long)
    make_session(source, "s-2", actor_id=long + "y")
    assert page(reader_client, source, long).context["actor"].sessions == 1


def test_a_session_leads_to_its_actor(reader_client: Client, source: Source, busy: list[Session]) -> None:
    text = reader_client.get(f"/sessions/{busy[0].pk}/").content.decode()
    assert f'href="/sources/{source.pk}/actor/?id=42"' in text


def test_few_days_do_not_fill_the_figure() -> None:
    one = activity_figure([Bar(date(2026, 3, 14), 5, 7, "/")], "UTC")
    first, last = (dt.datetime.fromisoformat(end) for end in one["layout"]["xaxis"]["range"])
    assert (last - first).days == LEAST_DAYS
    assert last.date() == date(2026, 3, 14)
    assert list(activity_figure([], "UTC")["data"][0]["y"]) == []
