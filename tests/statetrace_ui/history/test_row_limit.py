"""Rows that PostgreSQL could not keep as JSON."""

import pytest

from statetrace_ui.history import row_limit
from statetrace_ui.history.row_limit import limit_row


def test_an_ordinary_row_is_kept_as_it_is() -> None:
    row = {"id": "1", "name": None, "text": "x" * 1_000_000}
    assert limit_row(row) is row


def test_the_long_values_of_a_huge_row_are_cut_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_limit, "MOST_CHARACTERS", 100)
    rows = [limit_row({"id": "1", "name": None, "file": "é" * 500 + end}) for end in "ab"]
    assert [(row["id"], row["name"]) for row in rows] == [("1", None)] * 2
    assert all(str(row["file"]).startswith("é" * 33 + "… (cut by capture: 501 characters") for row in rows)
    assert rows[0] != rows[1]
