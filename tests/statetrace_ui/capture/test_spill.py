"""Changes in memory and in a file read the same."""

import pytest

from statetrace_ui.capture.spill import ChangeList
from statetrace_ui.capture.transactions import Change, Column, Relation

ITEM = Relation(1, "public", "item", "d", (Column("id", "integer", True),))
PAGE = Relation(2, "public", "page", "f", (Column("id", "integer", True), Column("text", "text", False)))


@pytest.mark.parametrize("most_in_memory", [0, 3, 100])
def test_changes_come_back_in_order_as_often_as_wanted(most_in_memory: int) -> None:
    changes = [
        Change(ITEM, "I", new={"id": "1"}),
        Change(PAGE, "U", old={"id": "1", "text": "\n\t\\é🙂"}, new={"id": "2"}, unchanged=["text"]),
        Change(ITEM, "D", old={"id": "1"}),
        Change(PAGE, "T"),
        Change(PAGE, "I", new={"id": "3", "text": None}),
    ]
    kept = ChangeList(most_in_memory)
    for change in changes:
        kept.extend([change])
    kept.finished()
    assert list(kept) == list(kept) == changes
    assert len(kept) == 5
