"""The page of a table's activity: over time, by field, by who; each entry leads to just what it counted."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from statetrace_ui.history.models import Relation, Source
from statetrace_ui.history.queries import table_activity
from tests.statetrace_ui.history.rows import (
    HOSTILE,
    NOON,
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
    skip_ids,
)

DAY = dt.timedelta(days=1)


def counts(client: Client, source: Source, table: str = "orders") -> Any:
    answer = client.get(f"/sources/{source.pk}/activity/", {"table": table}, headers={"hx-request": "true"})
    assert answer.status_code == 200
    return answer


def listed(client: Client, href: str) -> int:
    """How many changes the page has to which an entry leads."""
    answer = client.get(href, follow=True)
    assert answer.status_code == 200
    assert not answer.context["asked"].is_wrong
    return len(answer.context["changes"])


@pytest.fixture
def busy(source: Source, orders: Relation) -> Relation:
    """Ada inserts an order and pays it the next day; Mei deletes it; somebody writes past the application."""
    ada = make_session(source)
    make_change(make_action(ada).transaction, orders, "I", new=row())
    paid = make_action(ada, NOON + 3 * DAY)
    make_change(paid.transaction, orders, "U", new=row(status="paid", updated_at="later"))
    make_change(paid.transaction, orders, "U", new=row(status="paid", total="1.00", updated_at="later still"))
    make_change(paid.transaction, orders, "I", "8", new=row("8"))
    past = make_transaction(source, NOON + 3 * DAY, outside=True)
    make_change(past, orders, "U", new=row(status="sent", total="1.00", updated_at="later still"))
    mei = make_session(source, "s-2", actor_id="43", actor_full_name="Mei Tanaka")
    make_change(make_action(mei, NOON + 4 * DAY).transaction, orders, "D", old={"id": "7"})
    source.annotation_messages = True
    source.save()
    return orders


def test_changes_are_counted_by_day_and_kind_and_each_bar_leads_to_them(
    reader_client: Client, source: Source, busy: Relation
) -> None:
    bars = counts(reader_client, source).context["bars"]
    assert [(bar.at.isoformat()[:10], bar.kind.label, bar.changes) for bar in bars] == [
        ("2026-03-14", "Inserted", 1),
        ("2026-03-17", "Inserted", 1),
        ("2026-03-17", "Updated", 3),
        ("2026-03-18", "Deleted", 1),
    ]
    assert [listed(reader_client, bar.href) for bar in bars] == [bar.changes for bar in bars]


def test_of_a_short_time_hours_are_counted_in_the_zone_of_the_viewer(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    reader_client.cookies["timezone"] = "Asia/Kolkata"
    for minutes in (0, 29, 31):
        make_change(make_transaction(source, NOON + dt.timedelta(minutes=minutes)), orders, "D", old={"id": "7"})
    bars = counts(reader_client, source).context["bars"]
    assert [(bar.at.isoformat(), bar.changes) for bar in bars] == [
        ("2026-03-14T17:00:00", 2),
        ("2026-03-14T18:00:00", 1),
    ]
    assert [listed(reader_client, bar.href) for bar in bars] == [2, 1]


def test_fields_are_counted_that_updates_altered_noise_last(
    reader_client: Client, source: Source, busy: Relation
) -> None:
    fields = counts(reader_client, source).context["fields"]
    assert [(one.name, one.count, one.noise) for one in fields.fields] == [
        ("status", 2, False), ("total", 1, False), ("updated_at", 2, True),
    ]  # fmt: skip
    assert (fields.compared, fields.unknown) == (3, 0)
    assert [listed(reader_client, one.href) for one in fields.fields] == [2, 1, 2]


def test_updates_that_tell_nothing_are_told_apart(reader_client: Client, source: Source, orders: Relation) -> None:
    make_change(make_transaction(source), orders, "U", new=row())
    make_change(make_transaction(source), orders, "U", new=row(status="paid"))
    answer = counts(reader_client, source)
    fields = answer.context["fields"]
    assert ([one.name for one in fields.fields], fields.compared, fields.unknown) == (["status"], 1, 1)
    assert "1 more update tells nothing" in " ".join(answer.content.decode().split())


def test_who_made_them_leads_to_theirs_also_from_outside(reader_client: Client, source: Source, busy: Relation) -> None:
    makers = counts(reader_client, source).context["makers"]
    assert [(one.label, one.count) for one in makers] == [
        ("Ada Lovelace", 4), ("Mei Tanaka", 1), ("outside the application", 1),
    ]  # fmt: skip
    assert [listed(reader_client, one.href) for one in makers] == [4, 1, 1]


def test_what_no_question_asks_for_is_named_without_a_link(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    make_change(make_transaction(source, kind="migration"), orders, "U", new=row())
    make_change(make_action(None, transaction=make_transaction(source)).transaction, orders, "U", new=row())
    make_change(make_transaction(source, outside=True), orders, "U", new=row())
    makers = counts(reader_client, source).context["makers"]
    assert {(one.label, bool(one.href)) for one in makers} == {
        ("migration", False), ("actions without a session", False), ("no action", True),
    }  # fmt: skip


def test_only_the_newest_are_looked_at_and_that_is_said(
    reader_client: Client, source: Source, busy: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_activity, "MOST_CHANGES", 3)
    monkeypatch.setattr(table_activity, "MOST_UPDATES", 2)
    answer = counts(reader_client, source)
    assert sum(bar.changes for bar in answer.context["bars"]) == 3
    assert answer.context["fields"].compared == 2
    text = " ".join(answer.content.decode().split())
    assert "The newest 3 changes of this table" in text
    assert "in the newest 2 updates" in text
    assert answer.context["activity"].since == NOON + 3 * DAY


def test_changes_that_lie_far_apart_are_counted_together(
    reader_client: Client, source: Source, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In partitions of which the newest are looked through first."""
    for number in range(4):
        make_change(make_transaction(source, NOON + number * DAY), orders, "I", str(number), new=row(str(number)))
        skip_ids(1_000)
    assert sum(bar.changes for bar in counts(reader_client, source).context["bars"]) == 4


def test_another_tables_changes_and_rows_of_snapshots_do_not_count(
    reader_client: Client, source: Source, busy: Relation
) -> None:
    other = make_relation(source, "lines", oid=2)
    reading = make_transaction(source, kind="baseline")
    make_change(reading, other, "S", record_key="")
    make_change(reading, other, "B", new=row())
    answer = counts(reader_client, source, "lines")
    assert "No change is known of this table" in answer.content.decode()


def test_the_head_is_there_before_the_counts(reader_client: Client, source: Source, busy: Relation) -> None:
    answer = reader_client.get(f"/sources/{source.pk}/activity/", {"table": "orders"})
    assert "bars" not in answer.context
    assert f'hx-get="/sources/{source.pk}/activity/?table=orders" hx-trigger="load"' in answer.content.decode()


def test_a_table_that_is_not_known_has_no_activity(
    reader_client: Client, stranger_client: Client, source: Source, busy: Relation
) -> None:
    address = f"/sources/{source.pk}/activity/"
    assert reader_client.get(address, {"table": "nothing"}).status_code == 404
    assert reader_client.get(address).status_code == 400
    assert stranger_client.get(address, {"table": "orders"}, headers={"hx-request": "true"}).status_code == 404


def test_the_same_table_of_another_source_is_not_counted(reader_client: Client, source: Source, busy: Relation) -> None:
    twin = make_source(source.organisation, "twin")
    make_change(make_transaction(twin), make_relation(twin), "I", new=row())
    assert sum(bar.changes for bar in counts(reader_client, twin).context["bars"]) == 1
    [bar] = counts(reader_client, twin).context["bars"]
    assert listed(reader_client, bar.href) == 1


def test_names_are_shown_as_text(reader_client: Client, source: Source) -> None:
    columns = [{"name": "id", "type": "int", "key": True}, {"name": HOSTILE[:60], "type": "text", "key": False}]
    relation = make_relation(source, columns=columns)
    session = make_session(source, actor_full_name=HOSTILE)
    for kind, text in ("I", "a"), ("U", "b"):
        new = {"id": "7", HOSTILE[:60]: text}
        make_change(make_action(session).transaction, relation, kind, new=new)
    answer = counts(reader_client, source)
    assert "<script>alert" not in answer.content.decode()
    [field] = answer.context["fields"].fields
    assert listed(reader_client, field.href) == 1
