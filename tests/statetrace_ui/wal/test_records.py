"""What capture hands on, and its JSON form."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.wal.records import (
    MOST_KEY_BYTES,
    Column,
    Relation,
    Transaction,
    record_key,
    row_change,
)

PAIR = Relation(1, "public", "pair", "d", (Column("a", "text", True), Column("b", "text", True)))
TEXTS = st.none() | st.text()


@given(st.dictionaries(st.sampled_from("ab"), TEXTS), st.dictionaries(st.sampled_from("ab"), TEXTS))
def test_the_json_form_loses_nothing(old: dict[str, str | None], new: dict[str, str | None]) -> None:
    changes = [row_change(PAIR, "U", old, new, ["c"]), row_change(PAIR, "T"), row_change(PAIR, "I", new=new)]
    transaction = Transaction(2**62, 2**62 + 8, datetime(2026, 1, 1, 1, 2, 3, 456, tzinfo=UTC), changes, xid=7)
    assert Transaction.from_json(json.loads(json.dumps(transaction.as_json()))) == transaction


def test_a_key_is_an_array_of_texts() -> None:
    assert record_key(PAIR, {"a": '"1"', "b": "é"}) == '["\\"1\\"","é"]'


def test_a_key_that_was_not_sent_whole_names_nothing() -> None:
    assert record_key(PAIR, {"a": "1"}) == record_key(PAIR, None) == ""


def test_long_keys_are_cut_and_still_differ_by_their_ends() -> None:
    keys = {record_key(PAIR, {"a": "🙂" * 2_000 + end, "b": "short"}) for end in "abc"}
    assert len(keys) == 3
    assert all(len(key.encode()) <= MOST_KEY_BYTES and json.loads(key)[1] == "short" for key in keys)


def test_a_key_of_many_long_columns_still_fits_an_index() -> None:
    wide = Relation(1, "public", "wide", "d", tuple(Column(f"c{n}", "text", True) for n in range(32)))
    keys = {record_key(wide, {f"c{n}": f"{n}\x01" * 40 + end for n in range(32)}) for end in "ab"}
    assert len(keys) == 2
    assert all(len(key.encode()) <= MOST_KEY_BYTES and len(json.loads(key)) == 1 for key in keys)
