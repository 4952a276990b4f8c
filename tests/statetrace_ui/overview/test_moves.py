"""How cards move: pure lists of names."""

import pytest

from statetrace_ui.overview.moves import Move, moved


@pytest.mark.parametrize(
    ("card", "move", "after"),
    [
        ("b", Move.EARLIER, ["b", "a", "c"]),
        ("b", Move.LATER, ["a", "c", "b"]),
        ("a", Move.EARLIER, ["a", "b", "c"]),
        ("c", Move.LATER, ["a", "b", "c"]),
        ("b", Move.HIDE, ["a", "c"]),
        ("b", Move.SHOW, ["a", "b", "c"]),
        ("d", Move.SHOW, ["a", "b", "c", "d"]),
        ("d", Move.LATER, ["a", "b", "c"]),
    ],
)
def test_a_card_moves_and_no_other_is_lost(card: str, move: Move, after: list[str]) -> None:
    assert moved(["a", "b", "c"], card, move) == after
