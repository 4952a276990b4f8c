"""Cards of a session's issues, and cells of a flow's map."""

from types import SimpleNamespace
from typing import Any

import pytest

from replica.issue_rows import SCALE, cards, categories, map_rows
from replica.queries.issues import IssueHeat


def impact(category: str, start: int, end: int, reference: bool = False) -> Any:
    return SimpleNamespace(
        category=category, issue_group="user experience", start_time_ms=start, end_time_ms=end, reference=reference
    )


def test_a_card_has_the_union_of_its_impacts_and_the_largest_comes_first() -> None:
    found = cards([impact("A", 0, 100), impact("B", 0, 300), impact("B", 200, 400), impact("B", 0, 900, True)], 1_000)
    assert [(one.category, one.union, one.share, one.references) for one in found] == [
        ("B", 400, 0.4, 1),
        ("A", 100, 0.1, 0),
    ]


def test_a_strip_has_no_more_marks_than_units_and_none_leaves_it() -> None:
    [card] = cards([impact("A", start, start + 50_000) for start in range(0, 99_990, 3)], 100_000)
    assert len(card.marks) <= SCALE
    assert all(mark.start >= 0 and mark.width >= 1 and mark.start + mark.width <= SCALE for mark in card.marks)


@pytest.mark.parametrize("length", [0.0, 1.0])
def test_a_session_without_a_length_has_cards(length: float) -> None:
    [card] = cards([impact("A", 0, 100)], length)
    assert 0 <= card.union <= length


def test_cells_are_warmer_where_more_of_the_session_is_affected() -> None:
    shares = [0.01, 0.02, 0.03, 0.06, 0.2, 0.9]
    sessions: Any = [SimpleNamespace(session_id=str(number)) for number in range(len(shares) + 1)]
    heats = [IssueHeat(str(number), "A", 1, share * 1_000) for number, share in enumerate(shares)]
    rows = map_rows(sessions, {one.session_id: 1_000.0 for one in sessions}, heats, ["A"])
    assert [row.cells[0].heat for row in rows] == [1, 1, 2, 3, 4, 5, 0]


def test_columns_are_those_with_issues_the_largest_first() -> None:
    assert categories([IssueHeat("1", "A", 1, 5), IssueHeat("1", "B", 1, 7), IssueHeat("2", "A", 1, 5)]) == ["A", "B"]
