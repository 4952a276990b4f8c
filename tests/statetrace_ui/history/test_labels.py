"""Which column names a table's rows."""

from typing import Any

import pytest

from statetrace_ui.history.labels import can_label, label_column


def columns(*names: str, **types: str) -> list[dict[str, Any]]:
    """The key `id`, texts of these names, and columns of other types."""
    key: dict[str, Any] = {"name": "id", "type": "bigint", "key": True}
    return [key, *({"name": name, "type": types.get(name, "text"), "key": False} for name in (*names, *types))]


@pytest.mark.parametrize(
    ("names", "guess"),
    [
        (["status", "name"], "name"),
        (["title", "name"], "name"),
        (["order_name", "title"], "title"),
        (["code", "number"], "number"),
        (["note", "order_number"], "order_number"),
        (["note", "email_address"], "email_address"),
        (["e_mail"], "e_mail"),
        (["fullName"], "fullName"),
        (["username", "first_name", "last_name"], "username"),
        (["first_name", "file_name"], ""),
        (["surname", "decode", "codes"], ""),
        (["status"], ""),
        ([], ""),
    ],
)
def test_a_column_is_guessed_by_its_last_word(names: list[str], guess: str) -> None:
    assert label_column(columns(*names)) == guess


@pytest.mark.parametrize(
    ("kind", "fits"),
    [
        ("character varying(20)", True),
        ("character varying", True),
        ("character(8)", True),
        ("citext", True),
        ("integer", False),
        ("text[]", False),
        ("jsonb", False),
        ("bytea", False),
    ],
)
def test_a_label_is_a_text(kind: str, fits: bool) -> None:
    assert label_column(columns(name=kind)) == ("name" if fits else "")


@pytest.mark.parametrize("told", [{"key": True}, {"rule": "mask"}, {"rule": "exclude"}])
def test_a_label_is_no_key_and_stands_in_clear(told: dict[str, Any]) -> None:
    shape: list[dict[str, Any]] = [
        {"name": "name", "type": "text", "key": False, **told},
        {"name": "code", "type": "text"},
    ]
    assert can_label(shape) == ["code"]
    assert label_column(shape) == label_column(shape, "name") == "code"


def test_a_choice_stands_above_the_guess() -> None:
    shape = columns("name", "status")
    assert label_column(shape, "status") == "status"
    assert label_column(shape, "") == ""
    assert label_column(shape, "gone") == label_column(shape, None) == "name"
