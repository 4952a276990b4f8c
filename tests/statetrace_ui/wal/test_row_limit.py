"""Rows that PostgreSQL could not keep as JSON."""

import hashlib

import pytest

from statetrace_ui.wal import row_limit
from statetrace_ui.wal.row_limit import beginning_of, limit_row, marks


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def test_an_ordinary_row_is_kept_as_it_is() -> None:
    row = {"id": "1", "name": None, "text": "x" * 1_000_000}
    assert limit_row(row) is row
    assert marks(row) == {}


def test_the_longest_values_of_a_huge_row_are_cut_and_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_limit, "MOST_CHARACTERS", 100)
    whole = {"id": "1", "name": None, "short": "s" * 30, "file": "é" * 500, "other": "o" * 60}
    row = limit_row(whole)
    assert row == {"id": "1", "name": None, "short": "s" * 30, "file": "é" * 34, "other": "o" * 34}
    assert marks(row) == {
        "file": {"bytes": 1_000, "sha256": digest("é" * 500)},
        "other": {"bytes": 60, "sha256": digest("o" * 60)},
    }


def test_a_value_that_was_cut_before_keeps_what_is_known_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_limit, "MOST_CHARACTERS", 100)
    value = beginning_of(memoryview(b"x" + "é".encode() * 500))
    assert value == "x" + "é" * 49  # no character is cut in two
    row = limit_row({"file": value, "other": "o" * 60})
    assert row == {"file": "x" + "é" * 49, "other": "o" * 50}
    assert marks(row)["file"] == {"bytes": 1_001, "sha256": digest("x" + "é" * 500)}
