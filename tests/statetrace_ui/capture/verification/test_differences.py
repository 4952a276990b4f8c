"""Rows of history that somebody tampered with: exactly those are found, and mended."""

import pytest

from statetrace_ui.capture.verification.models import RowDifference
from statetrace_ui.history.erasure import requests
from statetrace_ui.history.erasure import runs as erasures
from statetrace_ui.history.models import Change, Erasure, Source, Transaction
from tests.statetrace_ui.capture.verification.conftest import (
    CLEAN,
    DIFFERENT,
    assert_clean,
    differences,
    tamper,
    verify,
)
from tests.statetrace_ui.conftest import Audited

ITEM, LINE = "public.item", "public.line"
OF_ITEM = "record_key = %s AND kind = 'B'"


def test_history_of_a_table_that_nobody_touched_is_clean(shop: Source) -> None:
    document = assert_clean()
    assert {table["table"]: table["rows"] for table in document["tables"]} == {ITEM: 50, LINE: 20}


def test_every_kind_of_change_is_followed(shop: Source, audited: Audited) -> None:
    audited.run(
        "UPDATE item SET price = price + 1 WHERE id < 10",
        "UPDATE item SET id = id + 1000 WHERE id BETWEEN 20 AND 24",
        "DELETE FROM item WHERE id > 45 AND id < 1000",
        "INSERT INTO item VALUES (20, 'again', NULL)",
        "UPDATE line SET note = NULL WHERE item = 1",
        "DELETE FROM line WHERE item = 2",
        "INSERT INTO line VALUES (9, 'new'), (9, 'new')",
    )
    document = assert_clean()
    assert {table["table"]: table["rows"] for table in document["tables"]} == {ITEM: 46, LINE: 18}


def test_a_value_that_was_changed(shop: Source) -> None:
    tamper(f"UPDATE history_change SET new[2] = 'forged' WHERE {OF_ITEM}", '["7"]')
    status, document = verify("shop")
    assert (status, differences(document)) == (DIFFERENT, [(ITEM, "value", '["7"]', "name")])


def test_a_row_that_was_taken_away(shop: Source) -> None:
    tamper(f"DELETE FROM history_change WHERE {OF_ITEM}", '["7"]')
    status, document = verify("shop")
    assert (status, differences(document)) == (DIFFERENT, [(ITEM, "missing", '["7"]')])


def test_a_row_that_was_added(shop: Source) -> None:
    tamper(
        "INSERT INTO history_change (source_id, transaction_id, relation_id, table_id, kind, baseline, record_key,"
        " old_record_key, new) SELECT source_id, transaction_id, relation_id, table_id, kind, baseline, '[\"77\"]', '',"
        f" ARRAY['77', 'forged', '1.00'] FROM history_change WHERE {OF_ITEM}",
        '["7"]',
    )
    status, document = verify("shop")
    assert (status, differences(document)) == (DIFFERENT, [(ITEM, "extra", '["77"]')])


@pytest.mark.long
def test_a_row_under_a_wrong_key(shop: Source) -> None:
    tamper(f"UPDATE history_change SET record_key = '[\"70\"]' WHERE {OF_ITEM}", '["7"]')
    status, document = verify("shop")
    assert (status, differences(document)) == (DIFFERENT, [(ITEM, "extra", '["70"]'), (ITEM, "missing", '["7"]')])


def test_rows_of_a_table_without_a_key(shop: Source) -> None:
    tamper("UPDATE history_change SET new[2] = 'forged' WHERE new[1] = '3' AND new[2] = 'note'")
    status, document = verify("shop", "line")
    [line] = document["tables"]
    assert status == DIFFERENT
    assert [(one["kind"], one["times"]) for one in line["differences"]] in (
        [("missing", 4), ("extra", 4)],
        [("extra", 4), ("missing", 4)],
    )


def test_only_the_tables_that_are_named_are_compared(shop: Source) -> None:
    tamper(f"DELETE FROM history_change WHERE {OF_ITEM}", '["7"]')
    status, document = verify("shop", "line")
    assert (status, [table["table"] for table in document["tables"]]) == (CLEAN, [LINE])


def test_what_differs_is_mended_by_a_resynchronisation_of_just_those_rows(shop: Source, audited: Audited) -> None:
    tamper(f"UPDATE history_change SET new[2] = 'forged' WHERE {OF_ITEM}", '["7"]')
    tamper(f"DELETE FROM history_change WHERE {OF_ITEM}", '["8"]')
    tamper(f"UPDATE history_change SET record_key = '[\"70\"]' WHERE {OF_ITEM}", '["9"]')
    tamper("UPDATE history_change SET new[2] = 'forged' WHERE new[1] = '3' AND new[2] = 'note'")
    status, document = verify("shop", "--mend")
    assert (status, document["mended"]) == (DIFFERENT, 4 + 8)
    found = Transaction.objects.filter(kind="resync")
    mended = Change.objects.filter(transaction_id__in=found.values("id")).exclude(record_key="")
    assert sorted(mended.values_list("kind", "record_key")) == [
        ("D", '["70"]'),
        ("I", '["8"]'),
        ("I", '["9"]'),
        ("U", '["7"]'),
    ]
    assert_clean("item", "line")
    audited.run("UPDATE item SET name = 'later' WHERE id IN (7, 8, 9)", "DELETE FROM line WHERE item = 3")
    assert_clean("item", "line")


def test_the_chain_tells_that_somebody_tampered_even_where_rows_agree(shop: Source) -> None:
    assert_clean()
    tamper("UPDATE history_transaction SET committed_at = committed_at - interval '1 day'")
    status, document = verify("shop", "--chain")
    assert (status, document["differences"], document["chain"]["clean"]) == (DIFFERENT, 0, False)
    assert verify("shop")[0] == CLEAN


def erase_values_of(source: Source, value: str) -> None:
    places, wanted = requests.person_wanted(source, [], [], "", value, elsewhere=True)
    erasure = requests.ask(source, Erasure.Kind.PERSON, places, wanted, "", "test")
    erasures.perform(erasure)
    requests.confirm(erasure, "test")
    erasures.perform(erasure)


def test_what_was_erased_is_no_difference(shop: Source) -> None:
    assert_clean()
    erase_values_of(shop, "item 7")
    document = assert_clean()
    assert {table["table"]: table["erased"] for table in document["tables"]} == {ITEM: 1, LINE: 0}


def test_an_erasure_forgets_which_rows_differed(shop: Source) -> None:
    tamper(f"UPDATE history_change SET new[2] = 'forged' WHERE {OF_ITEM}", '["7"]')
    verify("shop")
    assert RowDifference.objects.exists()
    erase_values_of(shop, "item 8")
    assert not RowDifference.objects.exists()
