"""The rows of a table as of a moment: paged by key, filtered, and honest where they are not known."""

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client

from statetrace_ui.history.as_of import pages
from statetrace_ui.history.models import Change, Relation, Source
from tests.statetrace_ui.history.rows import HOSTILE, NOON, make_change, make_relation, make_transaction, row

MINUTE = dt.timedelta(minutes=1)


def listed(client: Client, source: Source, **query: Any) -> Any:
    response = client.get(f"/sources/{source.pk}/rows/", {"table": "orders", **query})
    assert response.status_code == 200
    return response.context


def keys(context: Any) -> list[str]:
    return [one.label for one in context["rows"]]


@pytest.fixture
def stock(source: Source, orders: Relation) -> Relation:
    """130 rows at noon, of which every third is deleted a minute later."""
    reading = make_transaction(source, NOON, kind="baseline")
    make_change(reading, orders, "S", record_key="")
    for number in range(130):
        make_change(reading, orders, "B", str(number), new=row(str(number), status=f"s{number}"))
    deleting = make_transaction(source, NOON + MINUTE)
    for number in range(0, 130, 3):
        make_change(deleting, orders, "D", str(number), old={"id": str(number)})
    return orders


def every_page(client: Client, source: Source, **query: Any) -> list[str]:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        context = listed(client, source, cursor=cursor, **query)
        found += keys(context)
        cursor = context["page"].older
    return found


def test_rows_are_paged_in_the_order_of_their_keys(reader_client: Client, source: Source, stock: Relation) -> None:
    assert len(keys(listed(reader_client, source))) == 50
    assert every_page(reader_client, source) == sorted(str(n) for n in range(130) if n % 3)
    noon = every_page(reader_client, source, at="2026-03-14T12:00:00")
    assert noon == sorted(map(str, range(130)))


def test_keys_are_found_whole_or_by_their_beginning(reader_client: Client, source: Source, stock: Relation) -> None:
    assert keys(listed(reader_client, source, key="68")) == ["68"]
    assert keys(listed(reader_client, source, key='["68"]')) == ["68"]
    assert keys(listed(reader_client, source, key="69")) == []
    assert keys(listed(reader_client, source, key="69", at="2026-03-14T12:00:30")) == ["69"]
    assert every_page(reader_client, source, key="11*") == ["11", "110", "112", "113", "115", "116", "118", "119"]
    assert every_page(reader_client, source, key="x*") == []


def test_keys_of_several_columns_and_of_any_text_are_found(reader_client: Client, source: Source) -> None:
    columns = [{"name": "id", "type": "int", "key": True}, {"name": "lang", "type": "text", "key": True}]
    relation = make_relation(source, "texts", columns=columns)
    for parts in (["12", "en"], ["12", "fr"], ["1", "en"], [HOSTILE, "fr"]):
        new = dict(zip(("id", "lang"), parts, strict=True))
        key = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        make_change(make_transaction(source), relation, "I", new=new, record_key=key)
    assert every_page(reader_client, source, table="texts", key="12, en") == ["12, en"]
    assert every_page(reader_client, source, table="texts", key="12, *") == ["12, en", "12, fr"]
    assert len(every_page(reader_client, source, table="texts")) == 4


def test_a_page_looks_at_so_many_keys_and_says_so(
    reader_client: Client, source: Source, stock: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_change(make_transaction(source, NOON + 2 * MINUTE), stock, "T", record_key="")
    make_change(make_transaction(source, NOON + 3 * MINUTE), stock, "I", "99", new=row("99"))
    monkeypatch.setattr(pages, "MOST_KEYS", 60)
    first = listed(reader_client, source)
    assert (keys(first), first["page"].examined) == ([], 60)
    assert every_page(reader_client, source) == ["99"]


def test_rows_lead_to_their_record_at_the_moment(reader_client: Client, source: Source, stock: Relation) -> None:
    query = {"table": "orders", "key": "69", "at": "2026-03-14T12:00:30"}
    response = reader_client.get(f"/sources/{source.pk}/rows/", query)
    [found] = response.context["rows"]
    assert f"{found.url}&at=2026-03-14T12%3A00%3A30" in response.content.decode().replace("&amp;", "&")


def test_a_key_without_a_row_leads_to_its_record_if_there_was_one(
    reader_client: Client, source: Source, stock: Relation
) -> None:
    assert "/records/" in listed(reader_client, source, key="69")["other_times"]
    assert listed(reader_client, source, key="999")["other_times"] == ""


def test_where_nothing_is_known_no_row_is_shown(reader_client: Client, source: Source, stock: Relation) -> None:
    before = listed(reader_client, source, at="2026-03-14T11:00:00")
    assert (keys(before), before["state"].ignorance.reason) == ([], "before")
    make_change(make_transaction(source, NOON + 2 * MINUTE), stock, "E", record_key="")
    left = listed(reader_client, source)
    assert (keys(left), left["state"].ignorance.reason) == ([], "left")


def test_a_table_that_is_not_known_has_no_rows(reader_client: Client, source: Source) -> None:
    assert reader_client.get(f"/sources/{source.pk}/rows/?table=nothing").status_code == 404
    assert reader_client.get(f"/sources/{source.pk}/rows/?table=").status_code == 400


def test_a_table_without_rows_or_without_a_key_is_empty(reader_client: Client, source: Source) -> None:
    relation = make_relation(source, "log", columns=[{"name": "line", "type": "text", "key": False}])
    make_change(make_transaction(source), relation, "I", new={"line": "x"}, record_key="")
    assert keys(listed(reader_client, source, table="log")) == []
    Change.objects.all().delete()
    assert keys(listed(reader_client, source, table="log")) == []
