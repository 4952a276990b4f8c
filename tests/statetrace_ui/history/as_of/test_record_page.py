"""The page of a record as a time machine: its row as of a moment, who set its fields, and two moments compared."""

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from statetrace_ui.history import sql_literals
from statetrace_ui.history.gap_store import Loss, declare
from statetrace_ui.history.models import Change, Gap, Relation, Session, Source, Table, Transaction
from tests.statetrace_ui.history.rows import COLUMNS, HOSTILE, NOON, make_action, make_change, make_transaction, row

MINUTE = dt.timedelta(minutes=1)
PAID_AT = NOON + MINUTE
SHOWN = ("state", "fields", "stops", "earlier", "later", "open_gap")


@pytest.fixture
def paid(source: Source, orders: Relation, session: Session) -> Change:
    """Order 7 is found when the table is read at noon, and paid a minute later by Ada."""
    reading = make_transaction(source, NOON, kind="baseline")
    make_change(reading, orders, "S", record_key="")
    make_change(reading, orders, "B", new=row())
    return make_change(make_action(session, PAID_AT).transaction, orders, "U", new=row(status="paid"))


def shown(client: Client, source: Source, **query: Any) -> dict[str, Any]:
    response = client.get(f"/records/{source.pk}/", {"table": "orders", "key": '["7"]', **query})
    assert response.status_code == 200
    return {**{name: response.context[name] for name in SHOWN}, "text": response.content.decode()}


def values(context: dict[str, Any]) -> dict[str, Any]:
    return {field.name: field.cell.value for field in context["fields"]}


def setters(context: dict[str, Any]) -> dict[str, Any]:
    return {field.name: field.set_by and field.set_by.change.pk for field in context["fields"]}


def test_the_newest_row_is_shown_whole_with_who_set_each_field(
    reader_client: Client, source: Source, paid: Change
) -> None:
    context = shown(reader_client, source)
    assert context["state"].status == "exists"
    assert values(context) == row(status="paid")
    found = Change.objects.get(kind="B").pk
    assert setters(context) == {**dict.fromkeys(row(), found), "status": paid.pk}
    [changed] = [field for field in context["fields"] if field.is_changed]
    assert (changed.name, changed.was.value) == ("status", "new")
    assert "Ada Lovelace" in context["text"]


@pytest.mark.parametrize("at", ["2026-03-14T12:00:59Z", "2026-03-14T13:00:59+01:00", "2026-03-14 12:00:59"])
def test_a_time_shows_the_row_of_then(reader_client: Client, source: Source, paid: Change, at: str) -> None:
    context = shown(reader_client, source, at=at)
    assert values(context) == row()
    assert context["later"].change == paid.pk


def test_a_second_counts_as_a_whole_and_a_day_until_its_end(
    reader_client: Client, source: Source, paid: Change
) -> None:
    paid.transaction.committed_at += dt.timedelta(milliseconds=700)
    paid.transaction.save()
    for at, status in {"2026-03-14T12:01:00": "paid", "2026-03-14T12:01:00.5": "new", "2026-03-14": "paid"}.items():
        assert values(shown(reader_client, source, at=at))["status"] == status, at


def test_a_change_is_a_moment_with_its_whole_transaction(
    reader_client: Client, source: Source, orders: Relation, paid: Change
) -> None:
    make_change(paid.transaction, orders, "U", new=row(status="sent"))
    assert values(shown(reader_client, source, at=paid.pk))["status"] == "sent"


@pytest.mark.parametrize(
    "at", ["yesterday", "2026-02-30", "0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "x" * 50]
)
def test_what_is_no_moment_is_refused(reader_client: Client, source: Source, paid: Change, at: str) -> None:
    address = f'/records/{source.pk}/?table=orders&key=["7"]'
    assert reader_client.get(address, {"table": "orders", "key": '["7"]', "at": at}).status_code == 400


def test_a_change_of_another_source_is_no_moment(reader_client: Client, source: Source, paid: Change) -> None:
    for at in (paid.pk + 1, 2**63):
        response = reader_client.get(f"/records/{source.pk}/", {"table": "orders", "key": '["7"]', "at": str(at)})
        assert response.status_code == 404


def test_before_the_table_was_read_nothing_is_known(reader_client: Client, source: Source, paid: Change) -> None:
    context = shown(reader_client, source, at="2026-03-14T11:59:58")
    assert (context["state"].status, context["state"].ignorance.reason) == ("unknown", "before")
    assert context["fields"] == []
    assert "since it was first read" in context["text"]


def test_a_row_that_came_later_did_not_exist_yet(
    reader_client: Client, source: Source, orders: Relation, paid: Change
) -> None:
    make_change(make_transaction(source, PAID_AT + MINUTE), orders, "I", "8", new=row("8"))
    context = shown(reader_client, source, key='["8"]', at="2026-03-14T12:01:30")
    assert context["state"].status == "absent"
    assert "There was no such row yet" in context["text"]


@pytest.mark.parametrize(("kind", "words"), [("D", "Deleted"), ("T", "Truncated"), ("S", "not among the rows")])
def test_the_end_of_a_row_is_told(
    reader_client: Client, source: Source, orders: Relation, paid: Change, kind: str, words: str
) -> None:
    ended = make_transaction(source, PAID_AT + MINUTE)
    key: dict[str, Any] = {} if kind == "D" else {"record_key": ""}
    end = make_change(ended, orders, kind, old={"id": "7"} if kind == "D" else None, **key)
    context = shown(reader_client, source)
    assert (context["state"].status, context["state"].cause.pk) == ("deleted", end.pk)
    assert words in context["text"]
    assert values(shown(reader_client, source, at=paid.pk))["status"] == "paid"


def test_within_a_gap_nothing_is_known_and_after_it_all_is(reader_client: Client, source: Source, paid: Change) -> None:
    source.position = 5
    source.save()
    gap = declare(source, Loss(Gap.Reason.SLOT_GONE, "the slot is gone"))
    Gap.objects.update(since_at=PAID_AT, until_at=PAID_AT + 2 * MINUTE, until_lsn=9, closed_at=timezone.now())
    Transaction.objects.filter(kind="gap").update(committed_at=PAID_AT)
    for at in ("2026-03-14T12:01:01", gap.entry):
        context = shown(reader_client, source, at=at)
        assert (context["state"].status, context["state"].ignorance.reason) == ("unknown", "gap")
        assert "the slot is gone" in context["text"]
    for at in ("2026-03-14T12:01:00", "2026-03-14T12:03:00", paid.pk, ""):
        assert values(shown(reader_client, source, at=at))["status"] == "paid"


def test_the_newest_state_in_an_open_gap_is_the_last_that_is_known(
    reader_client: Client, source: Source, paid: Change
) -> None:
    declare(source, Loss(Gap.Reason.SLOT_GONE, "the slot is gone"))
    context = shown(reader_client, source)
    assert values(context)["status"] == "paid"
    assert "Newest known state" in context["text"]
    assert context["open_gap"]


def test_what_retention_removed_is_not_known(reader_client: Client, source: Source, paid: Change) -> None:
    Table.objects.update(removed_before=paid.pk)
    Change.objects.filter(kind="S").delete()
    found = Change.objects.get(kind="B").pk
    assert values(shown(reader_client, source, at=paid.pk))["status"] == "paid"
    assert shown(reader_client, source, at=found)["state"].exists
    Table.objects.update(removed_before=paid.pk + 1)
    assert shown(reader_client, source, at=found)["state"].ignorance.reason == "removed"


def test_a_row_is_followed_under_its_former_key(
    reader_client: Client, source: Source, orders: Relation, paid: Change
) -> None:
    moved = make_transaction(source, PAID_AT + MINUTE)
    make_change(moved, orders, "U", "9", old={"id": "7"}, new=row("9", status="paid"), old_record_key='["7"]')
    former = shown(reader_client, source, key='["9"]', at=paid.pk)
    assert (former["state"].key, values(former)["id"]) == ('["7"]', "7")
    assert "under its former key" in former["text"]
    now = shown(reader_client, source)
    assert now["state"].status == "moved"
    assert "Its key was changed to" in now["text"]
    assert setters(shown(reader_client, source, key='["9"]'))["status"] == paid.pk


def test_two_moments_are_compared(reader_client: Client, source: Source, paid: Change) -> None:
    before = Change.objects.get(kind="B").pk
    context = shown(reader_client, source, at=paid.pk, against=before)
    differing = {field.name: field.against.value for field in context["fields"] if field.is_changed}
    assert differing == {"status": "new"}
    beyond = shown(reader_client, source, at=paid.pk, against="2026-03-14T11:00:00")
    assert all(field.against.lack for field in beyond["fields"])


def test_masked_excluded_erased_and_unsent_values_are_told_apart(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    orders.columns = [dict(column) for column in COLUMNS]
    orders.columns[1]["rule"], orders.columns[2]["rule"] = "mask", "exclude"
    orders.save()
    digest = "masked:" + "a1" * 20
    new = {**row(status=digest), "total": None, "updated_at": None}
    make_change(
        make_transaction(source),
        orders,
        "U",
        new=new,
        unchanged=["details"],
        cut={"erased": 1, "columns": ["updated_at"]},
    )
    context = shown(reader_client, source)
    lacks = {field.name: field.cell.lack for field in context["fields"]}
    assert lacks == {
        "id": "",
        "status": "",
        "total": "not captured: a column rule excludes it",
        "details": "not known",
        "updated_at": "erased",
    }
    assert "masked <b>a1a1a1</b>" in context["text"]


def test_a_slider_moves_between_changes(reader_client: Client, source: Source, paid: Change) -> None:
    stops = [stop.change for stop in shown(reader_client, source)["stops"]]
    assert stops == [Change.objects.get(kind="B").pk, paid.pk]
    query = {"table": "orders", "key": '["7"]', "step": "0", "stops": ",".join(map(str, stops))}
    response = reader_client.get(f"/records/{source.pk}/", query, headers={"HX-Request": "true"})
    assert b"<html" not in response.content
    assert response.headers["HX-Replace-Url"].endswith(f"key=%5B%227%22%5D&at={stops[0]}")
    assert values({"fields": response.context["fields"]})["status"] == "new"
    for broken in ({"step": "2"}, {"stops": ""}, {"stops": "1;2"}, {"step": "-1"}):
        assert reader_client.get(f"/records/{source.pk}/", {**query, **broken}).status_code == 400


def test_moments_before_the_newest_changes_have_a_slider_of_their_own(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    changes = [
        make_change(make_transaction(source, NOON + n * MINUTE), orders, "U", new=row(total=str(n))) for n in range(70)
    ]
    context = shown(reader_client, source, at=changes[5].pk)
    assert [stop.change for stop in context["stops"]] == [change.pk for change in changes[:6]]
    assert values(context)["total"] == "5"
    assert context["earlier"].change == changes[4].pk


def test_who_set_a_field_long_ago_is_not_made_up(
    reader_client: Client, source: Source, orders: Relation, paid: Change
) -> None:
    for n in range(120):
        make_change(make_transaction(source, PAID_AT + n * MINUTE), orders, "U", new=row(total=str(n)))
    context = shown(reader_client, source)
    assert context["state"].looked_back_to
    last = Change.objects.order_by("-pk").first()
    assert setters(context) == {**dict.fromkeys(row(), None), "total": last and last.pk}


def test_an_unsent_value_is_found_however_many_changes_did_not_send_it(
    reader_client: Client, source: Source, orders: Relation, paid: Change
) -> None:
    for n in range(120):
        transaction = make_transaction(source, PAID_AT + n * MINUTE)
        make_change(transaction, orders, "U", new=row(total=str(n)), unchanged=["details"])
    assert values(shown(reader_client, source)) == row(total="119", status="new")


def test_a_row_can_be_copied_as_json_and_as_sql(
    reader_client: Client, source: Source, orders: Relation, paid: Change
) -> None:
    make_change(make_transaction(source, PAID_AT + MINUTE), orders, "U", new=row(status=HOSTILE))
    address, query = f"/records/{source.pk}/text/", {"table": "orders", "key": '["7"]', "at": str(paid.pk)}
    written = json.loads(reader_client.get(address, {**query, "form": "json"}).content)
    assert written["row"]["status"] == "paid"
    assert written["row"]["id"] == 7
    response = reader_client.get(address, {**query, "at": "", "form": "sql"})
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert sql_literals.untyped(HOSTILE) in response.content.decode()
    assert reader_client.get(address, {**query, "form": "value", "column": "status"}).content == b"paid"
    for missing in ({"form": "value", "column": "nothing"}, {"form": "json", "key": '["8"]'}):
        assert reader_client.get(address, {**query, **missing}).status_code == 404


def test_a_long_value_is_cut_on_the_page_and_whole_in_its_text(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    make_change(make_transaction(source), orders, "I", new=row(status="x" * 100_000))
    context = shown(reader_client, source)
    assert len(values(context)["status"].start) == 4_000
    assert "all 100,000 characters" in context["text"]
    whole = {"table": "orders", "key": '["7"]', "form": "value", "column": "status"}
    assert len(reader_client.get(f"/records/{source.pk}/text/", whole).content) == 100_000


def test_statements_do_not_grow_with_a_records_changes(
    reader_client: Client, source: Source, orders: Relation, paid: Change
) -> None:
    counts = []
    for n in range(40):
        make_change(make_transaction(source, PAID_AT + n * MINUTE), orders, "U", new=row(total=str(n)))
        if n in (2, 39):
            with CaptureQueriesContext(connection) as asked:
                shown(reader_client, source, at=paid.pk)
            counts.append(len(asked))
    assert counts[1] <= counts[0] < 60
