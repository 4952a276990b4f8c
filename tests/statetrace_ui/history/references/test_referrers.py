"""The rows that refer to a record, as of a moment, and nothing that did so before or later."""

from typing import Any

import pytest
from django.test import Client

from statetrace_ui.history import reference_views
from statetrace_ui.history.models import Change, Source
from statetrace_ui.history.reference_rows import Group
from statetrace_ui.history.references import referrers
from statetrace_ui.history.search import scanning
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.references.shop import ID, Shop, column, refers
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction

BY_ORDER = {"by": "public.line", "columns": "order_id"}
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, everything is looked through."""
    monkeypatch.setattr(reference_views, "SECONDS", 600)


@pytest.fixture
def shop(source: Source) -> Shop:
    shop = Shop(source)
    shop.customer()
    shop.order()
    return shop


def groups(client: Client, source: Source, table: str = "orders", key: str = "7", **query: Any) -> list[Group]:
    about = {"table": table, "key": f'["{key}"]', **query}
    response = client.get(f"/records/{source.pk}/references/", about)
    assert response.status_code == 200
    found: list[Group] = response.context["groups"]
    return found


def keys(group: Group) -> list[str]:
    return [row.label for row in group.rows or ()]


def lines(client: Client, source: Source, **query: Any) -> list[str]:
    [group] = groups(client, source, **query)
    return keys(group)


def test_rows_of_a_moment_refer_and_others_do_not(reader_client: Client, shop: Shop) -> None:
    shop.line("1")
    shop.line("2")
    shop.line("3", order_id="8")
    two = shop.line("4")
    shop.line("2", "U", order_id="8")
    shop.line("4", "D")
    shop.line("1", "U", quantity="2")
    back = shop.line("3", "U", order_id="7")
    assert lines(reader_client, shop.source) == ["3", "1"]
    assert lines(reader_client, shop.source, at=two.pk) == ["4", "2", "1"]
    assert lines(reader_client, shop.source, at=back.pk - 1) == ["1"]
    [group] = groups(reader_client, shop.source)
    assert [(field.name, field.cell.value) for field in (group.rows or [])[1].fields] == [("quantity", "2")]
    assert (group.older, group.table, group.through) == (None, "line", "order_id")


@pytest.mark.parametrize("kind", ["T", "S", "E"])
def test_the_end_of_a_table_ends_what_referred(reader_client: Client, shop: Shop, kind: str) -> None:
    shop.line("", "S")
    last = shop.line("1")
    shop.line("", kind)
    if kind == "E":
        [group] = groups(reader_client, shop.source)
        assert group.ignorance
        assert group.rows == []
    else:
        assert lines(reader_client, shop.source) == []
    assert lines(reader_client, shop.source, at=last.pk) == ["1"]


def test_a_row_is_found_under_its_present_key_alone(reader_client: Client, shop: Shop) -> None:
    shop.line("1")
    moved = shop.line("9", "U")
    Change.objects.filter(pk=moved.pk).update(old_record_key='["1"]')
    assert lines(reader_client, shop.source) == ["9"]


def test_a_row_that_was_found_when_the_table_was_read_counts(reader_client: Client, shop: Shop) -> None:
    shop.line("", "S")
    shop.line("1", "B")
    assert lines(reader_client, shop.source) == ["1"]


def test_a_column_that_was_renamed_is_followed(reader_client: Client, shop: Shop) -> None:
    shop.line("1")
    shop.line("2", order_id="8")
    shop.lines = shop.rename(shop.lines, "order_id", "of_order")
    refers(shop.lines, (["of_order"], "orders", ["id"]))
    shop.change(shop.lines, "I", "3", of_order="7", quantity="1")
    assert lines(reader_client, shop.source) == ["3", "1"]


def test_a_former_column_of_the_same_name_is_not_meant(reader_client: Client, shop: Shop) -> None:
    shop.lines.columns = [ID, column("order_id"), column("before")]
    shop.lines.save()
    shop.change(shop.lines, "I", "1", order_id="7", before="8")
    renamed = shop.rename(shop.rename(shop.lines, "order_id", "was"), "before", "order_id")
    refers(renamed, (["order_id"], "orders", ["id"]))
    assert lines(reader_client, shop.source) == []
    assert lines(reader_client, shop.source, key="7") == []
    shop.order("8")
    assert lines(reader_client, shop.source, key="8") == ["1"]


def test_keys_of_several_columns_and_of_no_primary_key(reader_client: Client, source: Source) -> None:
    shop = Shop(source)
    places = make_relation(
        source, "place", oid=9, columns=[column("hall", "text", key=True), column("shelf", key=True), column("code")]
    )
    new = {"hall": "B", "shelf": "3", "code": "77"}
    make_change(make_transaction(source), places, "I", record_key='["B","3"]', new=new)
    shop.lines.columns = [ID, column("s"), column("h", "text"), column("c")]
    shop.lines.save()
    refers(shop.lines, (["s", "h"], "place", ["shelf", "hall"]), (["c"], "place", ["code"]))
    shop.change(shop.lines, "I", "1", s="3", h="B", c="77")
    shop.change(shop.lines, "I", "2", s="3", h="A", c=None)
    shop.change(shop.lines, "I", "3", s="3", h=None, c="77")
    response = reader_client.get(f"/records/{source.pk}/references/", {"table": "place", "key": '["B","3"]'})
    assert [(one.through, keys(one)) for one in response.context["groups"]] == [("s, h", ["1"]), ("c", ["3", "1"])]


def test_a_table_refers_to_itself(reader_client: Client, shop: Shop) -> None:
    refers(shop.customers, (["name"], "customer", ["id"]))
    shop.customer("6", name="5")
    [group, orders] = groups(reader_client, shop.source, "customer", "5")
    assert (group.table, keys(group), keys(orders)) == ("customer", ["6"], ["7"])


def test_digests_are_compared_with_digests_alone(reader_client: Client, shop: Shop) -> None:
    digest = "masked:" + "a1" * 20
    shop.lines.columns = [ID, column("order_id", rule="mask")]
    shop.lines.save()
    shop.change(shop.lines, "I", "1", order_id=digest)
    [group] = groups(reader_client, shop.source)
    assert "masked" in group.cannot
    shop.orders.columns = [column("id", key=True, rule="mask"), *shop.orders.columns[1:]]
    shop.orders.save()
    shop.order(digest)
    assert lines(reader_client, shop.source, key=digest) == ["1"]


def test_a_table_that_never_had_a_row_has_none(reader_client: Client, shop: Shop) -> None:
    shop.change(shop.lines, "S", "")
    [group] = groups(reader_client, shop.source)
    assert (group.rows, group.cannot) == ([], "")


def test_a_record_that_did_not_exist_is_not_found(reader_client: Client, shop: Shop) -> None:
    for query in ({"key": '["8"]'}, {"table": "nothing"}, {"by": "public.line", "columns": "nothing"}):
        about: dict[str, str] = {"table": "orders", "key": '["7"]', **query}
        assert reader_client.get(f"/records/{shop.source.pk}/references/", about).status_code == 404


def test_a_long_list_goes_on_and_has_each_row_once(
    reader_client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_views, "PAGE_SIZE", 4)
    for n in range(10):
        shop.line(str(n))
    for n in range(0, 10, 3):
        shop.line(str(n), "U", quantity="5")
    [group] = groups(reader_client, shop.source)
    assert (keys(group), group.is_full) == (["9", "6", "3", "0", "8"], True)
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        [group] = groups(reader_client, shop.source, **BY_ORDER, cursor=cursor)
        found += keys(group)
        cursor = group.older
    assert found == ["9", "6", "3", "0", "8", "7", "5", "4", "2", "1"]


def test_what_was_not_looked_through_in_time_is_said_and_goes_on(
    reader_client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps of one id each, and no time for a second."""
    monkeypatch.setattr(reference_views, "SECONDS", 1e-9)
    monkeypatch.setattr(scanning, "WALKED", 1)
    monkeypatch.setattr(referrers, "FIRST_STEP", 1)
    shop.line("1")
    shop.order("8")
    about = {"table": "orders", "key": '["7"]'}
    page = reader_client.get(f"/records/{shop.source.pk}/references/", about, headers=HTMX)
    assert "Not looked for in time" in page.content.decode()
    monkeypatch.setattr(reference_views, "SECONDS", 1e-3)
    [first] = groups(reader_client, shop.source, **BY_ORDER)
    assert (first.older is not None, first.is_full) == (True, False)
    monkeypatch.setattr(reference_views, "SECONDS", 600)
    [rest] = groups(reader_client, shop.source, **BY_ORDER, cursor=first.older)
    assert ([*keys(first), *keys(rest)], rest.older) == (["1"], None)


def test_the_page_of_a_record_loads_them_after_itself(reader_client: Client, shop: Shop) -> None:
    line = shop.line("1")
    page = reader_client.get(f"/records/{shop.source.pk}/", {"table": "orders", "key": '["7"]', "at": str(line.pk)})
    [group] = page.context["referrers"]
    assert group.rows is None
    address = f"/records/{shop.source.pk}/references/?table=public.orders&amp;key=%5B%227%22%5D&amp;at={line.pk}"
    assert f'hx-get="{address}"' in page.content.decode()
    loaded = reader_client.get(address.replace("&amp;", "&"), headers=HTMX).content.decode()
    assert f"key=%5B%221%22%5D&amp;at={line.pk}" in loaded
    assert "hx-get" not in loaded
    assert "<html" not in loaded


def test_a_record_that_nothing_can_refer_to_loads_nothing(reader_client: Client, shop: Shop) -> None:
    shop.line("1")
    page = reader_client.get(f"/records/{shop.source.pk}/", {"table": "line", "key": '["1"]'})
    assert page.context["referrers"] == []


def test_others_rows_of_the_same_names_are_not_found(
    reader_client: Client, stranger_client: Client, shop: Shop
) -> None:
    theirs = Shop(make_source(Organisation.objects.get(slug="elsewhere"), "theirs"))
    theirs.order()
    theirs.line("1")
    theirs.line("2")
    assert lines(reader_client, shop.source) == []
    assert lines(stranger_client, theirs.source) == ["2", "1"]
    about = {"table": "orders", "key": '["7"]'}
    assert stranger_client.get(f"/records/{shop.source.pk}/references/", about).status_code == 404
