"""Values of foreign keys lead to the records that they name, with what those were called then."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from statetrace_ui.history.models import Change, Source, TableDisplay
from statetrace_ui.history.references import linking
from statetrace_ui.history.references.keys import Link
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.references.shop import CUSTOMER, ID, Shop, column, refers
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction


@pytest.fixture
def shop(source: Source) -> Shop:
    return Shop(source)


def of_record(client: Client, source: Source, table: str = "orders", key: str = "7", **query: Any) -> dict[str, Any]:
    """{field: links of its value}"""
    response = client.get(f"/records/{source.pk}/", {"table": table, "key": f'["{key}"]', **query})
    assert response.status_code == 200
    return {field.name: field.cell.links for field in response.context["fields"]}


def of_change(client: Client, change: Change) -> dict[str, tuple[Sequence[Link], Sequence[Link]]]:
    """{field: links of its values before and after}"""
    response = client.get(f"/changes/{change.pk}/")
    assert response.status_code == 200
    return {field.name: (field.old_links, field.new_links) for field in response.context["row"].compared}


def told(links: Sequence[Link]) -> list[tuple[str, str, str, bool]]:
    return [(link.table, link.record, link.label, link.exists) for link in links]


def asked_by(link: Link) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link.url).query)


def test_a_record_leads_to_the_other_as_of_the_same_moment(reader_client: Client, shop: Shop) -> None:
    shop.customer(name="Ada")
    placed = shop.order()
    shop.customer(kind="U", name="Ada Lovelace")
    now, then = of_record(reader_client, shop.source), of_record(reader_client, shop.source, at=placed.pk)
    assert told(now["customer"]) == [("customer", "5", "Ada Lovelace", True)]
    assert told(then["customer"]) == [("customer", "5", "Ada", True)]
    assert asked_by(now["customer"][0]) == {"table": ["public.customer"], "key": ['["5"]']}
    assert asked_by(then["customer"][0])["at"] == [str(placed.pk)]
    assert not now["number"]
    time = of_record(reader_client, shop.source, at="2026-03-14T13:00:00+01:00")["customer"][0]
    assert asked_by(time)["at"] == ["2026-03-14T13:00:00+01:00"]
    page = reader_client.get(time.url)
    assert (page.status_code, page.context["state"].exists) == (200, True)


def test_a_change_leads_to_what_its_values_named_then(reader_client: Client, shop: Shop) -> None:
    shop.customer("5", name="Ada")
    shop.customer("6", name="Mei")
    shop.order(customer="5")
    moved = shop.order(kind="U", customer="6")
    shop.customer("6", kind="U", name="Somebody else")
    [before], [after] = of_change(reader_client, moved)["customer"]
    assert (told([before]), told([after])) == ([("customer", "5", "Ada", True)], [("customer", "6", "Mei", True)])
    assert asked_by(before)["at"] == asked_by(after)["at"] == [str(moved.pk)]
    text = reader_client.get(f"/records/{shop.source.pk}/", {"table": "orders", "key": '["7"]'}).content.decode()
    assert "Mei" in text


def test_an_unchanged_key_of_an_update_is_not_looked_up(reader_client: Client, shop: Shop) -> None:
    shop.customer()
    shop.order()
    paid = shop.order(kind="U", status="paid")
    assert list(of_change(reader_client, paid)) == ["status"]
    with CaptureQueriesContext(connection) as asked:
        of_change(reader_client, paid)
    assert not any("asked.until" in query["sql"] for query in asked)


@pytest.mark.parametrize("end", ["D", "T", "S", "E"])
def test_what_had_ended_is_linked_without_a_label(reader_client: Client, shop: Shop, end: str) -> None:
    shop.customer()
    placed = shop.order()
    shop.customer(kind=end)
    assert told(of_record(reader_client, shop.source)["customer"]) == [("customer", "5", "", False)]
    assert told(of_record(reader_client, shop.source, at=placed.pk)["customer"]) == [("customer", "5", "Ada", True)]


def test_what_got_another_key_is_not_called_by_its_name_under_the_former_one(reader_client: Client, shop: Shop) -> None:
    shop.customer()
    shop.order()
    moved = shop.customer("8", "U", name="Ada")
    Change.objects.filter(pk=moved.pk).update(old_record_key='["5"]')
    assert told(of_record(reader_client, shop.source)["customer"]) == [("customer", "5", "", False)]


@pytest.mark.parametrize("name", [None, ""])
def test_null_and_missing_labels_are_left_out(reader_client: Client, shop: Shop, name: str | None) -> None:
    shop.customer(name=name)
    shop.order()
    assert told(of_record(reader_client, shop.source)["customer"]) == [("customer", "5", "", True)]


def test_null_names_nothing(reader_client: Client, shop: Shop) -> None:
    shop.order(customer=None)
    assert not of_record(reader_client, shop.source)["customer"]


@pytest.mark.parametrize("rule", ["mask", "exclude"])
def test_a_label_that_is_not_stored_in_clear_is_left_out(reader_client: Client, shop: Shop, rule: str) -> None:
    shop.customers.columns = [ID, column("name", "text", rule=rule)]
    shop.customers.save()
    shop.customer(name="masked:" + "a1" * 20 if rule == "mask" else None)
    shop.order()
    assert told(of_record(reader_client, shop.source)["customer"]) == [("customer", "5", "", True)]


def test_the_label_that_was_chosen_is_shown(reader_client: Client, shop: Shop) -> None:
    shop.customers.columns = [*CUSTOMER, column("town", "text")]
    shop.customers.save()
    TableDisplay.objects.create(source=shop.source, table_id=shop.customers.table_id, label="town")
    shop.change(shop.customers, "I", "5", name="Ada", town="Paris")
    shop.order()
    assert told(of_record(reader_client, shop.source)["customer"]) == [("customer", "5", "Paris", True)]


def test_digests_lead_to_digests_and_never_to_values_in_clear(reader_client: Client, shop: Shop) -> None:
    digest = "masked:" + "a1" * 20
    shop.orders.columns = [ID, column("customer", rule="mask")]
    shop.orders.save()
    shop.change(shop.orders, "I", "7", customer=digest)
    assert not of_record(reader_client, shop.source)["customer"]
    shop.customers.columns = [column("id", key=True, rule="mask"), column("name", "text")]
    shop.customers.save()
    shop.change(shop.customers, "I", digest, name="Ada")
    assert told(of_record(reader_client, shop.source)["customer"]) == [("customer", "masked a1a1a1", "Ada", True)]


def test_a_key_of_several_columns_is_put_into_the_order_of_the_table(reader_client: Client, source: Source) -> None:
    places = [column("hall", "text", key=True), column("shelf", key=True), column("title", "text")]
    shop, place = Shop(source), make_relation(source, "place", oid=9, columns=places)
    new = {"hall": "B", "shelf": "3", "title": "Tea"}
    make_change(make_transaction(source), place, "I", record_key='["B","3"]', new=new)
    shop.lines.columns = [ID, column("s"), column("h", "text")]
    shop.lines.save()
    refers(shop.lines, (["s", "h"], "place", ["shelf", "hall"]))
    shop.change(shop.lines, "I", "1", s="3", h="B")
    links = of_record(reader_client, source, "line", "1")
    assert told(links["s"]) == told(links["h"]) == [("place", "B, 3", "Tea", True)]
    shop.change(shop.lines, "U", "1", s="3", h=None)
    assert not of_record(reader_client, source, "line", "1")["s"]


def test_of_several_tables_those_that_had_the_record_are_meant(reader_client: Client, shop: Shop) -> None:
    others = make_relation(shop.source, "guest", oid=9, columns=CUSTOMER)
    refers(shop.orders, (["customer"], "customer", ["id"]), (["customer"], "guest", ["id"]))
    shop.order()
    assert told(of_record(reader_client, shop.source)["customer"]) == [("customer", "5", "", False)]
    shop.change(others, "I", "5", name="Mei")
    assert told(of_record(reader_client, shop.source)["customer"]) == [("guest", "5", "Mei", True)]
    shop.customer()
    both = of_record(reader_client, shop.source)["customer"]
    assert [link.table for link in both] == ["customer", "guest"]
    page = reader_client.get(f"/records/{shop.source.pk}/", {"table": "orders", "key": '["7"]'}).content.decode()
    assert "also <a" in page


def test_what_is_no_key_of_the_table_leads_to_a_search(reader_client: Client, shop: Shop) -> None:
    refers(shop.orders, (["status"], "customer", ["name"]))
    shop.customer(name="Ada B")
    shop.order(status="Ada B")
    [link] = of_record(reader_client, shop.source)["status"]
    page = reader_client.get(link.url, follow=True)
    assert [row.record for row in page.context["changes"]] == ["5"]


def test_a_table_that_history_does_not_have_is_not_linked(reader_client: Client, shop: Shop) -> None:
    refers(shop.orders, (["customer"], "elsewhere", ["id"]), (["gone"], "customer", ["id"]))
    shop.order()
    assert not any(of_record(reader_client, shop.source).values())


def test_others_records_of_the_same_name_and_key_are_not_told(
    reader_client: Client, stranger_client: Client, organisation: Organisation, shop: Shop
) -> None:
    """Both have the same tables, keys and moments."""
    theirs = Shop(make_source(Organisation.objects.get(slug="elsewhere"), "theirs"))
    theirs.customer(name="Their customer")
    theirs.order()
    shop.order()
    assert told(of_record(reader_client, shop.source)["customer"]) == [("customer", "5", "", False)]
    assert told(of_record(stranger_client, theirs.source)["customer"]) == [("customer", "5", "Their customer", True)]
    assert stranger_client.get(of_record(reader_client, shop.source)["customer"][0].url).status_code == 404


def test_a_page_asks_as_often_for_many_as_for_one(
    reader_client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for n in range(30):
        shop.customer(str(n), name=f"Customer {n}")
        shop.order(kind="U", customer=str(n))
        if n in (1, 29):
            with CaptureQueriesContext(connection) as asked:
                of_record(reader_client, shop.source)
            counts.append(len(asked))
    assert counts[1] <= counts[0]
    monkeypatch.setattr(linking, "MOST_LOOKED_UP", 0)
    assert told(of_record(reader_client, shop.source)["customer"]) == [("customer", "29", "", False)]
