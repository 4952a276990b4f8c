"""History, played forward."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.statetrace_ui.history.replay import Row, Tables


@dataclass
class Seen:
    kind: str
    record_key: str = ""
    old: Row | None = None
    new: Row | None = None
    old_record_key: str = ""
    unchanged: list[str] = field(default_factory=list)
    relation: Any = None
    transaction_id: int = 1
    schema_name: str = "public"
    table_name: str = "item"

    def values_before(self) -> Row | None:
        return self.old

    def values_after(self) -> Row | None:
        return self.new


def rows(*changes: Seen) -> list[Row]:
    return list(Tables().play(changes).rows["public", "item"].values())


def test_rows_are_inserted_updated_moved_and_deleted() -> None:
    assert rows(
        Seen("B", "1", new={"id": "1", "body": "long", "n": "0"}),
        Seen("U", "1", new={"id": "1", "n": "1"}, unchanged=["body"]),
        Seen("U", "2", old={"id": "1"}, new={"id": "2", "n": "1"}, old_record_key="1", unchanged=["body"]),
        Seen("I", "3", new={"id": "3"}),
        Seen("D", "3", old={"id": "3"}),
    ) == [{"id": "2", "body": "long", "n": "1"}]


def test_a_truncate_leaves_nothing() -> None:
    assert rows(Seen("I", "1", new={"id": "1"}), Seen("T")) == []


def test_a_table_that_begins_anew_or_left_holds_nothing() -> None:
    assert rows(Seen("I", "1", new={"id": "1"}), Seen("S")) == rows(Seen("I", "1", new={"id": "1"}), Seen("E")) == []


def test_an_alteration_renames_drops_and_fills_columns() -> None:
    shape = SimpleNamespace(columns=[{"name": name} for name in ("id", "b", "a", "c")])
    assert rows(
        Seen("I", "1", new={"id": "1", "a": "x", "b": "y", "gone": "z"}),
        Seen("A", old={"a": "b", "b": "a"}, new={"c": "7"}, relation=shape),
    ) == [{"id": "1", "b": "x", "a": "y", "c": "7"}]


def test_a_newer_baseline_replaces_the_rows_known_so_far() -> None:
    assert rows(
        Seen("B", "1", new={"id": "1"}),
        Seen("I", "2", new={"id": "2"}),
        Seen("B", "2", new={"id": "2"}, transaction_id=5),
        Seen("B", "3", new={"id": "3"}, transaction_id=5),
    ) == [{"id": "2"}, {"id": "3"}]


def test_rows_without_a_key_are_distinguished_by_their_values() -> None:
    assert rows(
        Seen("I", new={"name": "a"}),
        Seen("I", new={"name": "b"}),
        Seen("U", old={"name": "a"}, new={"name": "c"}),
        Seen("D", old={"name": "b"}),
    ) == [{"name": "c"}]
