"""Changes in memory and in a file read the same."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.wal import spill
from statetrace_ui.wal.records import Change, Column, Relation, row_change
from statetrace_ui.wal.spill import ChangeList, Place

ITEM = Relation(1, "public", "item", "d", (Column("id", "integer", True),))
EMPTY = Relation(3, "public", "empty", "d", ())
PAGE = Relation(2, "public", "page", "f", (Column("id", "integer", True), Column("text", "text", False)))


@pytest.mark.parametrize("most_in_memory", [0, 60, 10_000])
def test_changes_come_back_in_order_as_often_as_wanted(most_in_memory: int) -> None:
    changes = [
        row_change(ITEM, "I", new={"id": "1"}),
        row_change(PAGE, "U", old={"id": "1", "text": "\n\t\\é🙂"}, new={"id": "2"}, unchanged=["text"]),
        row_change(ITEM, "D", old={"id": "1"}),
        row_change(PAGE, "T"),
        row_change(PAGE, "I", new={"id": "3", "text": None}),
        Change(PAGE, "U", {"id": "1"}, {"text": "cut"}, ["id"], cut={"new": {"text": {"bytes": 9, "sha256": "ab"}}}),
    ]
    kept = ChangeList(most_in_memory)
    for change in changes:
        kept.extend([change])
    kept.finished()
    assert list(kept) == list(kept) == changes
    assert len(kept) == 6


def test_many_bytes_go_to_the_file() -> None:
    changes = [row_change(PAGE, "I", new={"id": str(number), "text": "x" * 20}) for number in range(3)]
    kept = ChangeList(most_in_memory=100)
    kept.extend(changes)
    assert kept._file is not None
    assert list(kept.finished()) == changes


@pytest.mark.parametrize("most_in_memory", [0, 60, 10_000])
@given(st.data())
def test_what_is_cut_off_leaves_nothing(most_in_memory: int, data: st.DataObject) -> None:
    """Against a plain list: changes are added, places are noted, and the list is cut at some of them."""
    kept, expected, places = ChangeList(most_in_memory), list[Change](), list[tuple[Place, int]]()
    for number in range(data.draw(st.integers(0, 30))):
        match data.draw(st.sampled_from(["add", "add", "note", "cut"])):
            case "add":
                relation = data.draw(st.sampled_from([ITEM, PAGE, EMPTY]))
                change = row_change(relation, "I", new={name: str(number) for name in relation.names})
                kept.extend([change])
                expected.append(change)
            case "note":
                places.append((kept.place, len(expected)))
            case "cut" if places:
                place, length = places[data.draw(st.integers(0, len(places) - 1))]
                kept.cut(place)
                del expected[length:]
                places = [known for known in places if known[1] <= length]
    assert list(kept.finished()) == expected
    assert len(kept) == len(expected)
    assert {relation.oid for relation in kept.relations} == {change.relation.oid for change in expected}


def test_runs_are_of_one_relation_and_not_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "MOST_IN_RUN", 2)
    kept = ChangeList()
    kept.extend(row_change(relation, "I", new={}) for relation in (ITEM, ITEM, ITEM, PAGE))
    assert [(relation.oid, len(lines)) for relation, lines in kept.runs()] == [(1, 2), (1, 1), (2, 1)]


def test_a_better_description_comes_with_its_keys() -> None:
    keyless = replace(PAGE, columns=tuple(replace(column, key=False) for column in PAGE.columns))
    kept = ChangeList()
    kept.extend([
        row_change(keyless, "I", new={"id": "1", "text": "a"}),
        row_change(ITEM, "I", new={"id": "1"}),
        row_change(keyless, "U", old={"id": "1", "text": "a"}, new={"id": "2"}, unchanged=["text"]),
    ])  # fmt: skip
    kept.describe_again(keyless, PAGE)
    changes = list(kept)
    assert [(change.relation.oid, change.record_key, change.old_record_key) for change in changes] == [
        (2, '["1"]', ""),
        (1, '["1"]', ""),
        (2, '["2"]', '["1"]'),
    ]
    assert changes[0].relation is PAGE
