"""No cell of ours is run by a spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.web.cells import harmless

STARTS = "=+-@\t\r\n＝＋－＠"


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("blanks", ["", "  "])
def test_what_begins_like_a_formula_stands_behind_an_apostrophe(start: str, blanks: str) -> None:
    assert harmless(f"{blanks}{start}HYPERLINK(1)") == f"'{blanks}{start}HYPERLINK(1)"


@pytest.mark.parametrize("text", ["-5", "-5.25", "-1e10", "5", "2026-01-01", "a=b", "", "'quoted'", "{=1}"])
def test_numbers_and_other_texts_stay(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("text", ["+49301234", "-5+cmd", "-5\n=1", "-٣"])
def test_what_is_only_like_a_number_does_not_stay(text: str) -> None:
    assert harmless(text) == f"'{text}"


@given(st.text())
def test_a_cell_never_begins_with_a_formula_and_loses_nothing(text: str) -> None:
    cell = harmless(text)
    written = io.StringIO(newline="")
    csv.writer(written).writerow([cell, "next"])
    [[read, _]] = csv.reader(io.StringIO(written.getvalue(), newline=""))
    assert read == cell
    assert cell in (text, f"'{text}")
    if cell == text:
        assert not text.lstrip(" ").startswith(tuple(STARTS)) or float(text) <= 0
