"""What rules do to the changes of a relation, before keys are taken and anything is kept."""

import json
from typing import Any

from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.records import Column, Relation, Rule, Transaction, row_change
from statetrace_ui.wal.spill import ChangeList

MASKER = Masker(b"key")
MASK = MASKER.mask


def relation(**rules: Rule) -> Relation:
    columns = tuple(Column(name, "text", name == "id", rules.get(name, "keep")) for name in ("id", "name", "secret"))
    return Relation(7, "public", "item", "d", columns, MASKER if rules else None)


def test_masked_values_are_digests_and_nulls_stay_nulls() -> None:
    change = row_change(
        relation(secret="mask"), "U",
        old={"id": "1", "name": "a", "secret": None},
        new={"id": "1", "name": "a", "secret": "s"},
    )  # fmt: skip
    assert change.old == {"id": "1", "name": "a", "secret": None}
    assert change.new == {"id": "1", "name": "a", "secret": MASK("s")}


def test_excluded_values_are_gone_from_rows_and_from_what_was_not_sent() -> None:
    change = row_change(relation(secret="exclude"), "I", new={"id": "1", "name": "a", "secret": "s"})
    assert change.new == {"id": "1", "name": "a"}
    change = row_change(relation(secret="exclude"), "U", new={"id": "1"}, unchanged=["name", "secret"])
    assert change.unchanged == ["name"]


def test_a_masked_key_still_names_its_row_before_and_after() -> None:
    masked = relation(id="mask")
    inserted = row_change(masked, "I", new={"id": "s1", "name": "a", "secret": "x"})
    moved = row_change(masked, "U", old={"id": "s1"}, new={"id": "s2", "name": "a", "secret": "x"})
    deleted = row_change(masked, "D", old={"id": "s2"})
    assert inserted.record_key == moved.old_record_key == json.dumps([MASK("s1")])
    assert moved.record_key == deleted.record_key == json.dumps([MASK("s2")])


def test_nothing_in_clear_reaches_the_file_of_a_large_transaction() -> None:
    masked = relation(id="mask", secret="exclude")
    changes = ChangeList(most_in_memory=1)
    changes.extend(row_change(masked, "I", new={"id": f"clear{n}", "name": "a", "secret": "clear"}) for n in range(3))
    file: Any = changes._file
    changes.finished()
    file.seek(0)
    written = file.read()
    assert b"masked:" in written
    assert b"clear" not in written
    assert [change.record_key for change in changes] == [json.dumps([MASK(f"clear{n}")]) for n in range(3)]


def test_a_recording_keeps_the_rules_and_the_digests_but_not_the_key() -> None:
    from datetime import UTC, datetime

    change = row_change(relation(secret="mask"), "I", new={"id": "1", "name": "a", "secret": "s"})
    data = Transaction(1, 2, datetime(2026, 1, 1, tzinfo=UTC), [change]).as_json()
    assert "masker" not in json.dumps(data)
    [again] = Transaction.from_json(json.loads(json.dumps(data))).changes
    assert (again.new, again.relation.masked) == (change.new, ("secret",))


def test_shapes_without_rules_are_written_as_before_there_were_any() -> None:
    assert [set(column) for column in relation().as_json()["columns"]] == [{"name", "type", "key"}] * 3
