"""The page of a table's shapes, and what other pages say of changes of whole tables."""

import pytest
from django.test import Client

from statetrace_ui.history.models import Relation, Source
from statetrace_ui.wal.shapes import Shape
from tests.statetrace_ui.history.rows import COLUMNS, HOSTILE, make_change, make_relation, make_transaction, row


def shapes(client: Client, source: Source, table: str = "public.orders") -> str:
    response = client.get(f"/sources/{source.pk}/shapes/", {"table": table})
    assert response.status_code == 200
    return response.content.decode()


def test_each_version_says_what_changed(reader_client: Client, source: Source, orders: Relation) -> None:
    wider = [*COLUMNS, {"name": "stars", "type": "integer", "key": False}]
    make_relation(source, columns=wider)
    make_relation(source, "purchases", columns=wider)
    make_relation(source, "orders", oid=2000)
    response = reader_client.get(f"/sources/{source.pk}/shapes/", {"table": "public.orders"})
    told = [(v.renamed_from, [(d.name, d.kind) for d in v.differences]) for v in response.context["versions"]]
    assert told == [("", []), ("public.orders", []), ("", [("stars", "added")]), ("", [])]
    assert [version.number for version in response.context["versions"]] == [4, 3, 2, 1]


def test_marks_of_the_table_are_listed(reader_client: Client, source: Source, orders: Relation) -> None:
    transaction = make_transaction(source, kind="resync")
    for kind in "SAE":
        make_change(transaction, orders, kind, record_key="")
    page = shapes(reader_client, source)
    assert page.index("Left capture") < page.index("Altered") < page.index("Snapshot begins")


def test_names_of_any_text_are_escaped(reader_client: Client, source: Source) -> None:
    make_relation(source, 'odd/na.me?&"<b>', columns=[{"name": HOSTILE, "type": "text", "key": True}])
    page = shapes(reader_client, source, 'public."odd/na.me?&""<b>"')
    assert "<script>alert" not in page
    assert "<b>" not in page


@pytest.mark.parametrize(("query", "status"), [("", 400), ("?table=%00", 400), ("?table=public.unknown", 404)])
def test_a_table_that_is_not_known_is_not_found(reader_client: Client, source: Source, query: str, status: int) -> None:
    assert reader_client.get(f"/sources/{source.pk}/shapes/{query}").status_code == status


def test_a_record_tells_no_before_from_beyond_a_mark(reader_client: Client, source: Source, orders: Relation) -> None:
    transaction = make_transaction(source)
    make_change(transaction, orders, "I", new=row(status="lost"))
    make_change(transaction, orders, "E", record_key="")
    make_change(transaction, orders, "U", old=None, new=row(status="paid"))
    address = f"/records/{source.pk}/"
    newest, left, _ = reader_client.get(address, {"table": "public.orders", "key": '["7"]'}).context["changes"]
    assert left.kind == "E"
    assert {field.kind for field in newest.fields} == {"unknown"}


def test_what_an_alteration_gave_every_row_is_known_before_the_next_change(
    reader_client: Client, source: Source
) -> None:
    wider = make_relation(source, columns=[*COLUMNS, {"name": "stars", "type": "integer", "key": False}])
    names_before = [{**column, "name": "state"} if column["name"] == "status" else column for column in COLUMNS]
    narrower = make_relation(source, columns=names_before)
    transaction = make_transaction(source)
    before = row()
    before["state"] = before.pop("status")
    make_change(transaction, narrower, "I", new=before)
    make_change(transaction, wider, "A", old={"status": "state"}, new={"stars": "7"}, record_key="")
    make_change(transaction, wider, "U", old=None, new={**row(status="paid"), "stars": "8"})
    changed = reader_client.get("/changes/?group=change").context["changes"][0]
    assert [(field.name, field.old, field.new) for field in changed.fields] == [
        ("status", "new", "paid"),
        ("stars", "7", "8"),
    ]


def test_a_difference_found_at_a_resynchronisation_says_so(
    reader_client: Client, source: Source, orders: Relation
) -> None:
    change = make_change(
        make_transaction(source, kind="resync"), orders, "U", old={"status": "new"}, new=row(status="paid")
    )
    assert "Found at resynchronisation" in reader_client.get("/changes/").content.decode()
    page = reader_client.get(f"/changes/{change.pk}/").content.decode()
    assert "found when the table was read again" in page
    assert "outside an annotated request" not in page


def test_a_shape_survives_being_stored() -> None:
    data = {"oid": 1, "schema_name": "public", "table_name": "orders", "replica_identity": "d", "columns": COLUMNS}
    old = Shape.from_json(data)
    assert Shape.from_json(old.as_json()) == old
