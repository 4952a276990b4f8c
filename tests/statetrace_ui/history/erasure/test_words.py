"""The words of an erasure, in every spelling, and nothing else."""

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from statetrace_ui.history.erasure.words import REPLACEMENT, Words
from statetrace_ui.wal.records import capped_key

ADA = "ada@example.com"
WORDS = Words([ADA])


@pytest.mark.parametrize(
    "text",
    [
        ADA,
        f"to: <{ADA}>, please",
        "ADA@Example.COM",
        "/customers/ada%40example.com/orders",
        "/search?q=ada%40example.com&page=2",
        "/next?to=%2Fcustomers%2Fada%40example.com",
        '{"mail": "ada@example.com"}',
        r'{"text": "Dear Ada,\nada@example.com wrote"}',
        "the beginning of a mail to ada@exam…",
    ],
)
def test_a_word_is_found_and_taken_out_however_it_is_written(text: str) -> None:
    assert WORDS.occur(text)
    assert not WORDS.occur(WORDS.without(text))
    assert REPLACEMENT in WORDS.without(text)
    assert "ada" not in WORDS.without(text).lower().replace("dear ada", "")


@pytest.mark.parametrize("text", ["joada@example.com", "ada@example.community", "ada at example.com", "", "(erased)"])
def test_other_words_stay(text: str) -> None:
    assert not WORDS.occur(text)
    assert WORDS.without(text) == text


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=8, max_size=40))
def test_every_spelling_of_any_word_is_found(word: str) -> None:
    assume(word == word.strip())
    words = Words([word])
    for written in (word, json.dumps(word), quote(word), quote(word, safe=""), quote_plus(word), html.escape(word)):
        assert words.occur(f"({written})")
        assert not words.occur(words.without(f"({written})"))


def test_json_is_searched_in_values_names_and_numbers() -> None:
    found = Words([ADA, "4917612345"]).without_in({ADA: [1, {"to": f"x {ADA}"}], "phone": 4917612345, "n": None})
    assert found == {REPLACEMENT: [1, {"to": f"x {REPLACEMENT}"}], "phone": REPLACEMENT, "n": None}


def test_a_long_word_is_found_where_it_was_shortened_as_a_key() -> None:
    word = "a very long name " * 10
    assert Words([word]).occur(f'["{capped_key(word)}"]')


def test_short_words_and_small_numbers_are_not_looked_for_within_texts() -> None:
    words = Words(["42", "1234567", "new", ""])
    assert (bool(words), words.occur("42 new 1234567"), words.without("42 new")) == (False, False, "42 new")


def test_texts_of_sql_patterns_hold_all_spellings() -> None:
    assert {"%ada@example.com%", "%ada\\%40example.com%"} <= set(WORDS.likes)
