"""Words lead to records: by their keys, by what they are called, and by their tables."""

from typing import Any

import pytest

from statetrace_ui.history import search
from statetrace_ui.history.models import Relation, Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction

ORDERS = [
    {"name": "id", "type": "bigint", "key": True},
    {"name": "number", "type": "text", "key": False},
    {"name": "quantity", "type": "integer", "key": False},
]
WORDS = [
    {"name": "shop", "type": "bigint", "key": True},
    {"name": "lang", "type": "text", "key": True},
    {"name": "title", "type": "text", "key": False},
]


@pytest.fixture
def orders(source: Source) -> Relation:
    relation = make_relation(source, "shop_order", columns=ORDERS)
    made = make_transaction(source)
    for key, number in (("68", "C973NJ5W"), ("69", "68"), ("70", "X")):
        make_change(made, relation, "I", key, new={"id": key, "number": number, "quantity": "68"})
    make_change(made, relation, "U", "68", new={"id": "68", "number": "C973NJ5W", "quantity": "1"})
    return relation


@pytest.fixture
def lines(source: Source) -> Relation:
    relation = make_relation(source, "line", oid=1001, columns=ORDERS)
    make_change(make_transaction(source), relation, "B", "68", new={"id": "68", "number": None, "quantity": "1"})
    return relation


def found(organisation: Organisation, *words: str, **limits: Any) -> list[tuple[str, str]]:
    return [(one.table.table_name, one.key) for one in search.records(organisation, words, **{"limit": 10, **limits})]


def test_a_key_leads_to_the_records_of_all_tables(
    organisation: Organisation, orders: Relation, lines: Relation
) -> None:
    every = [("line", '["68"]'), ("shop_order", '["68"]'), ("shop_order", '["69"]')]
    assert found(organisation, "68") == every
    assert found(organisation, "68", limit=1) == every[:1]


def test_a_word_that_names_a_table_narrows(organisation: Organisation, orders: Relation, lines: Relation) -> None:
    assert found(organisation, "ORDER", "70") == found(organisation, "70", "order") == [("shop_order", '["70"]')]


@pytest.mark.parametrize("word", ["C973NJ5W", "c973nj5w"])
def test_what_a_row_is_called_leads_to_it(organisation: Organisation, orders: Relation, word: str) -> None:
    assert found(organisation, word) == [("shop_order", '["68"]')]


def test_a_key_of_two_columns_is_found_as_it_is_written(organisation: Organisation, source: Source) -> None:
    relation = make_relation(source, "words", columns=WORDS)
    fields: dict[str, Any] = {"record_key": '["12","en"]', "new": {"shop": "12", "lang": "en", "title": "Blue cup"}}
    make_change(make_transaction(source), relation, "I", **fields)
    assert found(organisation, "12,", "en") == found(organisation, "blue", "cup") == [("words", '["12","en"]')]


def test_the_newest_change_is_told(organisation: Organisation, orders: Relation) -> None:
    [record, _] = search.records(organisation, ["68"], limit=10)
    assert (record.kind, str(record.source)) == ("U", "shop")


@pytest.mark.parametrize("words", [(), (" ",), ("nothing",), ("71",)])
def test_what_is_nowhere_is_not_found(organisation: Organisation, orders: Relation, words: tuple[str, ...]) -> None:
    assert found(organisation, *words) == []


def test_others_records_are_not_found(organisation: Organisation, orders: Relation) -> None:
    stranger = Organisation.objects.create(name="Stranger", slug="stranger")
    assert found(stranger, "68") == []
    theirs = make_relation(make_source(stranger, "theirs"), "shop_order", columns=ORDERS)
    make_change(make_transaction(theirs.source), theirs, "I", "68", new={"id": "68", "number": "C973NJ5W"})
    assert found(stranger, "C973NJ5W") == [("shop_order", '["68"]')]
    assert len(search.records(organisation, ["C973NJ5W"], limit=10)) == 1
