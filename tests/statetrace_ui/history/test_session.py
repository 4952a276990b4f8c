import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from statetrace_ui.history import queries
from statetrace_ui.history.lanes import MOST_SINGLE_ACTIONS, axis, timeline_groups
from statetrace_ui.history.models import Action, Change, Relation, Session, Source
from statetrace_ui.history.queries import recent_sessions, session_by_key, session_lists
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import PAGE_SIZE
from tests.statetrace_ui.history.rows import HOSTILE, NOON, make_action, make_change, make_session, row


def at(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def test_the_page_shows_the_actions_and_their_timeline(reader_client: Client, change: Change, session: Session) -> None:
    response = reader_client.get(f"/sessions/{session.pk}/")
    assert "/orders/7/pay" in response.content.decode()
    groups = response.context["timeline"]["groups"]
    assert [lane["name"] for group in groups for lane in group["lanes"]] == ["Actions", "orders"]


def test_a_session_that_was_never_announced_says_so(reader_client: Client, source: Source) -> None:
    session = make_session(source, announced=False, actor_id="", actor_full_name="", actor_email="")
    text = reader_client.get(f"/sessions/{session.pk}/").content.decode()
    assert "its own annotation has not arrived" in text
    assert "Unknown actor" in text


def test_a_session_without_actions_says_that_it_only_read(reader_client: Client, session: Session) -> None:
    text = reader_client.get(f"/sessions/{session.pk}/").content.decode()
    assert "nothing was written after it began" in text
    assert "data-timeline" not in text


def test_actions_come_in_order_of_time_page_by_page(reader_client: Client, session: Session) -> None:
    for n in range(PAGE_SIZE + 3):
        make_action(session, at(PAGE_SIZE - n // 2), url=f"/{n}")
    first = reader_client.get(f"/sessions/{session.pk}/").context["page"]
    rest = reader_client.get(f"/sessions/{session.pk}/", {"cursor": first.older}, headers={"HX-Request": "true"})
    found = [*first.rows, *rest.context["page"].rows]
    assert [action.pk for action in found] == [action.pk for action in session.actions.order_by("at", "id")]
    assert b"<html" not in rest.content


def test_hostile_text_cannot_leave_the_timelines_json(reader_client: Client, session: Session) -> None:
    make_action(session, url=f"/{HOSTILE}</script>")
    text = reader_client.get(f"/sessions/{session.pk}/").content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_an_actions_changes_are_a_fragment_with_field_level_diffs(reader_client: Client, change: Change) -> None:
    action = change.transaction.actions.get()
    response = reader_client.get(f"/actions/{action.pk}/changes/", headers={"HX-Request": "true"})
    text = response.content.decode()
    assert "<html" not in text
    assert ">new</div>" in text
    assert ">paid</div>" in text
    assert "total" not in text
    assert "/records/" in text


def test_an_actions_changes_can_be_narrowed_to_a_table(reader_client: Client, action: Action, orders: Relation) -> None:
    make_change(action.transaction, orders, "I", new=row())
    address = f"/actions/{action.pk}/changes/"
    assert len(reader_client.get(address, {"table": "public.orders"}).context["changes"]) == 1
    assert reader_client.get(address, {"table": "public.other"}).context["changes"] == []


def test_a_value_that_was_not_sent_comes_from_history_or_is_unknown(
    reader_client: Client, session: Session, orders: Relation
) -> None:
    first, second = make_action(session), make_action(session, at(1))
    make_change(first.transaction, orders, "U", old=None, new=row())
    make_change(second.transaction, orders, "U", old=None, new=row(status="paid"), unchanged=["details"])
    unknown = reader_client.get(f"/actions/{first.pk}/changes/").content.decode()
    assert "before: not sent" in unknown
    known = reader_client.get(f"/actions/{second.pk}/changes/").content.decode()
    assert "before: not sent" not in known
    assert "from history" in known
    assert "unchanged, not sent" in known


def test_the_axis_begins_where_the_first_action_began(session: Session) -> None:
    make_action(session, NOON, length_ms=250.0)
    make_action(session, at(5), length_ms=1000.0)
    session.refresh_from_db()
    origin, length = axis(session)
    assert (origin, length) == (at(-0.25), 5250.0)
    [actions] = timeline_groups(session, origin, length)
    assert [(span.start, span.end) for span in actions.lanes[0].spans] == [(0.0, 250.0), (4250.0, 5250.0)]


def test_another_axis_shows_only_what_lies_on_it(session: Session) -> None:
    make_action(session, at(1), length_ms=100.0)
    make_action(session, at(100))
    [actions] = timeline_groups(session, at(0.95), 5000.0)
    assert [(span.start, span.end) for span in actions.lanes[0].spans] == [(0.0, 50.0)]
    assert timeline_groups(session, at(200), 5000.0) == []


def test_row_changes_have_a_lane_for_each_table_and_a_mark_for_each_kind(action: Action, orders: Relation) -> None:
    for kind in "IIUD":
        make_change(action.transaction, orders, kind, new=row())
    assert action.session
    [_, changes] = timeline_groups(action.session, NOON, 1000.0)
    assert [(span.name, span.tone) for span in sorted(changes.lanes[0].spans, key=lambda span: span.name)] == [
        ("orders: 1 deleted", "bad"),
        ("orders: 1 updated", "info"),
        ("orders: 2 inserted", "good"),
    ]


@pytest.mark.long
def test_a_session_of_very_many_actions_is_drawn_as_counted_runs(action: Action, orders: Relation) -> None:
    session = action.session
    assert session
    make_change(action.transaction, orders, "I", new=row())
    Action.objects.bulk_create(
        Action(source=session.source, session=session, transaction=action.transaction, key=str(n), at=at(n / 100))
        for n in range(2 * MOST_SINGLE_ACTIONS)
    )
    session.action_count = 2 * MOST_SINGLE_ACTIONS + 1
    [actions, changes] = timeline_groups(session, NOON, 100_000.0)
    assert len(actions.lanes[0].spans) <= MOST_SINGLE_ACTIONS
    assert sum(span.count for span in actions.lanes[0].spans) == 2 * MOST_SINGLE_ACTIONS + 1
    assert changes.lanes


def test_other_pages_find_a_session_by_its_key(organisation: Organisation, stranger: object, session: Session) -> None:
    assert session_by_key(organisation, "s-1") == session
    assert session_by_key(Organisation.objects.get(slug="elsewhere"), "s-1") is None
    assert session_by_key(organisation, "unknown") is None
    assert recent_sessions(organisation, 5) == [session]


def asked_again(client: Client, session: Session, after: int) -> Any:
    return client.get(f"/sessions/{session.pk}/", {"after": after}, headers={"HX-Request": "true"})


def test_what_a_session_under_way_does_is_told_once(reader_client: Client, session: Session, orders: Relation) -> None:
    session.last_at = timezone.now()
    session.save()
    shown = make_action(session, timezone.now())
    page = reader_client.get(f"/sessions/{session.pk}/")
    high_water = page.context["high_water"]
    assert page.context["live"]
    assert high_water == shown.pk
    assert asked_again(reader_client, session, high_water).status_code == 204
    later = make_action(session, timezone.now(), url="/later")
    make_change(later.transaction, orders, "U", new=row())
    answer = asked_again(reader_client, session, high_water)
    text = answer.content.decode()
    assert (text.count("data-span="), f'id="a{later.pk}"' in text) == (1, True)
    assert f'value="{later.pk}"' in text
    assert '<dd id="change-count" hx-swap-oob="innerHTML">1</dd>' in text
    assert asked_again(reader_client, session, later.pk).status_code == 204


def test_an_action_that_is_told_of_late_is_not_missed(reader_client: Client, session: Session) -> None:
    """Ids are the order in which actions become visible; times are not."""
    shown = make_action(session, at(5))
    late = make_action(session, at(1))
    assert f'id="a{late.pk}"' in asked_again(reader_client, session, shown.pk).content.decode()


def test_of_another_session_only_the_place_is_told(reader_client: Client, source: Source, session: Session) -> None:
    """So that the next answer need not look at its actions again."""
    other = make_action(make_session(source, "other"), url="/secret")
    text = asked_again(reader_client, session, other.pk - 1).content.decode()
    assert (f'value="{other.pk}"' in text, "/secret" in text, "live-count" in text) == (True, False, False)


def test_many_new_actions_come_one_answer_after_the_other(
    reader_client: Client, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "NEW_AT_A_TIME", 2)
    monkeypatch.setattr(session_lists, "NEW_AT_A_TIME", 2)
    made = [make_action(session, at(n)).pk for n in range(5)]
    first = asked_again(reader_client, session, 0).content.decode()
    assert [f'id="a{pk}"' in first for pk in made] == [True, True, False, False, False]
    assert f'value="{made[1]}"' in first


def test_an_old_session_is_not_asked_again(reader_client: Client, session: Session) -> None:
    page = reader_client.get(f"/sessions/{session.pk}/")
    assert not page.context["live"]
    assert "data-session-live" not in page.content.decode()


def test_strangers_are_told_nothing_of_a_session_under_way(stranger_client: Client, session: Session) -> None:
    make_action(session)
    assert asked_again(stranger_client, session, 0).status_code == 404
