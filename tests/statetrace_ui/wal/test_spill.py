"""Changes in memory and in a file read the same."""

import pytest

from statetrace_ui.wal.records import Column, Relation, row_change
from statetrace_ui.wal.spill import ChangeList

ITEM = Relation(1, "public", "item", "d", (Column("id", "integer", True),))
PAGE = Relation(2, "public", "page", "f", (Column("id", "integer", True), Column("text", "text", False)))


@pytest.mark.parametrize("most_in_memory", [0, 3, 100])
def test_changes_come_back_in_order_as_often_as_wanted(most_in_memory: int) -> None:
    changes = [
        row_change(ITEM, "I", new={"id": "1"}),
        row_change(PAGE, "U", old={"id": "1", "text": "\n\t\\é🙂"}, new={"id": "2"}, unchanged=["text"]),
        row_change(ITEM, "D", old={"id": "1"}),
        row_change(PAGE, "T"),
        row_change(PAGE, "I", new={"id": "3", "text": None}),
    ]
    kept = ChangeList(most_in_memory)
    for change in changes:
        kept.extend([change])
    kept.finished()
    assert list(kept) == list(kept) == changes
    assert len(kept) == 5


def test_few_large_changes_go_to_the_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statetrace_ui.wal.spill.MOST_CHARACTERS", 10)
    changes = [row_change(PAGE, "I", new={"id": str(number), "text": "x" * 20}) for number in range(3)]
    kept = ChangeList()
    kept.extend(changes)
    assert kept._file is not None
    assert list(kept.finished()) == changes
