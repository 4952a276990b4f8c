import datetime as dt

import pytest
from django.test import Client

from statetrace_ui.history.models import Relation, Session, Source
from tests.statetrace_ui.history.rows import HOSTILE, make_action, make_change, make_relation, make_transaction, row


def history_of(client: Client, source: Source, key: str, table: str = "public.orders") -> list[str]:
    response = client.get(f"/records/{source.pk}/", {"table": table, "key": key})
    return [f"{told.change.kind}{told.record}" for told in response.context["changes"]]


def test_every_change_of_one_row_with_its_origin(
    reader_client: Client, source: Source, orders: Relation, session: Session
) -> None:
    make_change(make_transaction(source, kind="baseline"), orders, "B", new=row())
    make_change(make_transaction(source), orders, "I", "8", new=row("8"))
    make_change(make_action(session).transaction, orders, "U", old=None, new=row(status="paid"))
    make_change(make_transaction(source), orders, "D", old={"id": "7"})
    assert history_of(reader_client, source, '["7"]') == ["D7", "U7", "B7"]
    text = reader_client.get(f"/records/{source.pk}/", {"table": "orders", "key": '["7"]'}).content.decode()
    assert "What is known of this row begins here" in text
    assert "Ada Lovelace" in text
    assert "no action" in text


def test_a_row_is_followed_through_changes_of_its_key(reader_client: Client, source: Source, orders: Relation) -> None:
    transaction = make_transaction(source)
    make_change(transaction, orders, "I", "1", new=row("1"))
    make_change(transaction, orders, "U", "2", old={"id": "1"}, new=row("2"), old_record_key='["1"]')
    make_change(transaction, orders, "U", "3", old={"id": "2"}, new=row("3"), old_record_key='["2"]')
    make_change(transaction, orders, "I", "1", new=row("1"))  # another row, under a key that was given up
    assert history_of(reader_client, source, '["3"]') == ["U3", "U2", "I1"]
    assert history_of(reader_client, source, '["1"]') == ["I1", "U2", "I1"]


def test_keys_that_were_swapped_back_and_forth_end(reader_client: Client, source: Source, orders: Relation) -> None:
    transaction = make_transaction(source)
    make_change(transaction, orders, "I", "1", new=row("1"))
    for n in range(30):
        old, new = ("1", "2") if n % 2 == 0 else ("2", "1")
        make_change(transaction, orders, "U", new, old={"id": old}, new=row(new), old_record_key=f'["{old}"]')
    assert len(history_of(reader_client, source, '["1"]')) == 31


def test_a_truncate_is_part_of_the_history_of_rows_that_were_there(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    transaction = make_transaction(source)
    make_change(transaction, orders, "T", record_key="")
    make_change(transaction, orders, "I", new=row())
    make_change(transaction, orders, "T", record_key="")
    assert history_of(reader_client, source, '["7"]') == ["T", "I7"]


def test_tables_of_any_name_and_keys_of_any_text_have_a_page(reader_client: Client, source: Source) -> None:
    relation = make_relation(source, 'odd/na.me?&"<b>', "sales")
    transaction = make_transaction(source)
    make_change(transaction, relation, "I", HOSTILE, new=row(HOSTILE))
    [told] = reader_client.get("/changes/?group=change").context["changes"]
    response = reader_client.get(told.record_url)
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()
    assert "<b>" not in response.content.decode()


@pytest.mark.parametrize(
    "query", ["table=orders", "table=orders&key=", "table=orders&key=%00", "key=7", "table=.&key=7"]
)
def test_a_record_without_a_table_or_a_key_is_refused(reader_client: Client, source: Source, query: str) -> None:
    assert reader_client.get(f"/records/{source.pk}/?{query}").status_code == 400


@pytest.mark.parametrize(
    ("schema", "table"),
    [
        ("my.schema", "orders"),
        ("my", "schema.orders"),
        ("public", "tab\tnew\nline"),
        ('"', " "),
        ("\n", ".."),
        ("😀", "/"),
    ],
)
def test_a_table_of_any_name_is_listed_and_has_records_of_its_own(
    reader_client: Client, source: Source, schema: str, table: str
) -> None:
    make_change(make_transaction(source), make_relation(source, "schema.orders", "my", oid=1), "D", old={"id": "7"})
    make_change(make_transaction(source), make_relation(source, "orders", "my.schema", oid=2), "I", new=row())
    make_change(make_transaction(source), make_relation(source, table, schema, oid=3), "T", record_key='["8"]')
    listed = reader_client.get("/changes/?group=change").context["changes"]
    assert len(listed) == 3
    found = reader_client.get(listed[0].record_url).context["changes"]
    assert [(told.change.schema_name, told.change.table_name) for told in found] == [(schema, table)]


def test_a_record_that_was_never_seen_is_not_found(reader_client: Client, source: Source) -> None:
    assert reader_client.get(f'/records/{source.pk}/?table=public.orders&key=["1"]').status_code == 404


def test_long_histories_are_paged(reader_client: Client, source: Source, orders: Relation) -> None:
    for n in range(60):
        transaction = make_transaction(source, dt.datetime(2026, 1, 1, 0, n, tzinfo=dt.UTC))
        make_change(transaction, orders, "U", old=None, new=row(total=str(n)))
    address = f"/records/{source.pk}/"
    record = {"table": "orders", "key": '["7"]'}
    older = reader_client.get(address, record).context["page"].older
    response = reader_client.get(address, {**record, "cursor": older}, headers={"HX-Request": "true"})
    assert len(response.context["changes"]) == 10
    assert b"<html" not in response.content
