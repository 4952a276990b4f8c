"""What is written for each kind of change, and what is refused."""

from types import SimpleNamespace
from typing import Any

import pytest

from statetrace_ui.history.row_arrays import aligned
from statetrace_ui.history.undo.script import script
from statetrace_ui.history.undo.steps import step_of
from statetrace_ui.history.undo.writer import Undo, undo
from statetrace_ui.history.values import Excerpt
from tests.statetrace_ui.history.undo.conftest import Shop, undos

DIGEST, OTHER_DIGEST = "masked:" + "a1" * 20, "masked:" + "b2" * 20


def written(kind: str, earlier: Any = None, key: bool = True, cut: Any = None, **fields: Any) -> Undo:
    """The undo of a change of item (id, email, body). rule: of the column email."""
    rule = fields.pop("rule", "keep")
    columns: list[dict[str, Any]] = [{"name": name, "type": "text", "key": False} for name in ("id", "email", "body")]
    columns[0]["key"] = key
    columns[1]["rule"] = rule
    sides: dict[str, Any] = {}
    for side in ("old", "new"):
        sides[side], sides[f"{side}_absent"] = aligned(columns, fields.get(side))
    names = {"schema_name": "public", "table_name": "item"}
    return undo(step_of(SimpleNamespace(id=5, kind=kind, columns=columns, cut=cut, **names, **sides), earlier, "x"))


def row(**values: Any) -> dict[str, Any]:
    return {"id": "1", "email": "e", "body": "b", **values}


def test_an_update_is_undone_where_the_row_is_as_it_left_it() -> None:
    assert written("U", old=row(body=None), new=row()).sql == (
        'UPDATE "public"."item"\n   SET "body" = NULL\n'
        " WHERE \"id\" = '1'::text\n   AND \"email\" = 'e'::text\n   AND \"body\" = 'b'::text"
    )


def test_a_key_that_was_altered_is_put_back() -> None:
    sql = written("U", old=row(id="0"), new=row()).sql
    assert "SET \"id\" = '0'::text" in sql
    assert "WHERE \"id\" = '1'::text" in sql


def test_history_supplies_what_the_source_did_not_send() -> None:
    found = written("U", row(body="before"), new={"id": "1", "email": "e", "body": "b"})
    assert "SET \"body\" = 'before'::text\n" in found.sql
    unsent = written("U", row(body="long", email="before"), new={"id": "1", "email": "e"})
    assert "\"body\" = 'long'::text" in unsent.sql.partition("WHERE")[2]  # not sent, so not changed
    assert "body" not in unsent.sql.partition("WHERE")[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (written("U", new=row()), "the value of email before it is not known: it was not sent"),
        (written("U", rule="mask", old=row(email=DIGEST), new=row(email=OTHER_DIGEST)), "it is masked"),
        (written("U", rule="mask", old=row(email="clear"), new=row(email=OTHER_DIGEST)), "it is masked"),
        (written("U", row(email=DIGEST), new=row()), "it is masked"),
        (written("U", row(email=Excerpt("e", 9_999_999, "")), new=row()), "it is too long"),
        (written("D", old={"id": "1"}), "the value of email before it is not known: it was not sent"),
        (written("D", rule="mask", old=row(email=DIGEST)), "it is masked"),
        (written("D", rule="exclude", old=row()), "it is not captured"),
        (written("D", old=row(), cut={"old": {"body": {"bytes": 9, "sha256": ""}}}), "it is too long"),
        (written("D", cut={"erased": 3}), "it was erased"),
        (written("U", old=row(), new=row(email="f", body=None), cut={"erased": 3, "columns": ["body"]}), "was erased"),
        (written("I", key=False, rule="mask", new=row(email=DIGEST)), "cannot be told from others: email is masked"),
        (written("I", cut={"erased": 3}), "cannot be told from others: id was erased"),
        (written("T"), "the table was emptied at once: which rows it held is not in the log"),
        (written("A"), "the table's columns were altered"),
        (written("B", new=row()), "not a change"),
        (written("G"), "it is a gap, in which changes were missed"),
        (written("U", old=row(), new=row()), "it left the row as it was"),
    ],
)
def test_what_is_not_known_is_never_written(change: Undo, why: str) -> None:
    assert change.sql == ""
    assert why in change.why


def test_columns_that_cannot_be_compared_are_named() -> None:
    masked = written("I", rule="mask", new=row(email=DIGEST))
    assert masked.uncompared == ["email is masked"]
    assert DIGEST not in masked.sql
    assert written("U", rule="exclude", old=row(), new=row(body="c")).uncompared == ["email is not captured"]
    assert "-- NOT COMPARED: email is masked." in script("Title", [masked])


def test_a_masked_value_that_did_not_change_keeps_nothing_from_being_undone() -> None:
    found = written("U", rule="mask", old=row(email=DIGEST, body=None), new=row(email=DIGEST))
    assert 'SET "body" = NULL\n' in found.sql
    assert DIGEST not in found.sql


def test_a_script_without_a_statement_begins_no_transaction() -> None:
    text = script("Title\nDROP TABLE item", [written("T")])
    assert all(line.startswith("--") for line in text.splitlines() if line)
    assert "-- CANNOT BE UNDONE: change 5 (x): the table was emptied" in text


def test_one_of_equal_rows_without_a_key_is_taken_back(shop: Shop) -> None:
    shop.begin("CREATE TABLE note (body text) PARTITION BY LIST (body)")
    shop.run("CREATE TABLE note_a PARTITION OF note FOR VALUES IN ('a')", "ALTER TABLE note REPLICA IDENTITY FULL")
    shop.run("CREATE TABLE note_b PARTITION OF note FOR VALUES IN ('b')", "ALTER TABLE note_a REPLICA IDENTITY FULL")
    shop.run("INSERT INTO note VALUES ('a'), ('b')")
    shop.steps()
    shop.run("INSERT INTO note VALUES ('a')")
    assert set(shop.apply(undos(shop.steps())).values()) == {"undone"}
    assert shop.rows("note") == {"note": ["(a)", "(b)"]}


def test_a_row_that_has_changed_since_is_left_and_said_so(shop: Shop) -> None:
    shop.begin("CREATE TABLE item (id int PRIMARY KEY, status text, total numeric(10,2))")
    shop.run("INSERT INTO item VALUES (1, 'new', 1), (2, 'new', 1), (3, 'new', 1)")
    shop.steps()
    shop.run("UPDATE item SET status = 'paid' WHERE id < 3", "DELETE FROM item WHERE id = 3")
    steps = shop.steps()
    shop.run("UPDATE item SET total = 2 WHERE id = 1", "INSERT INTO item VALUES (3, 'again', 2)")
    outcomes = shop.apply(undos(steps))
    first, second, deleted = (step.id for step in reversed(steps))
    changed = "NOT undone: the row has changed since"
    assert outcomes == {first: changed, second: "undone", deleted: changed}
    assert shop.rows("item") == {"item": ["(1,paid,2.00)", "(2,new,1.00)", "(3,again,2.00)"]}


def test_a_deletion_that_cascaded_says_that_it_cannot_be_undone_so(shop: Shop) -> None:
    """The log has the parent first: backwards, its rows come before it."""
    shop.begin(
        "CREATE TABLE parent (id int PRIMARY KEY)",
        "CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE)",
        "ALTER TABLE child REPLICA IDENTITY FULL",
    )
    shop.run("INSERT INTO parent VALUES (1)", "INSERT INTO child VALUES (1, 1)")
    shop.steps()
    shop.run("DELETE FROM parent")
    text = script("Title", undos(shop.steps()))
    assert "unless a cascade deleted" in text
