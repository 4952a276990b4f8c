"""Messages → whole transactions."""

import pytest

from statetrace_ui.wal.assembler import Assembler
from statetrace_ui.wal.protocol import (
    EPOCH,
    Begin,
    ColumnMessage,
    Commit,
    Delete,
    Insert,
    Message,
    Origin,
    ProtocolError,
    RelationMessage,
    Truncate,
    TypeMessage,
    Unchanged,
    Update,
)
from statetrace_ui.wal.records import Change, Column, Relation, Transaction

SHAPE = RelationMessage(
    7, "public", "item", "d", (ColumnMessage(True, "id", 23, -1), ColumnMessage(False, "body", 25, -1))
)
RELATION = Relation(7, "public", "item", "d", (Column("id", "type 23", True), Column("body", "type 25", False)))


def describe(message: RelationMessage) -> Relation:
    columns = tuple(Column(column.name, f"type {column.type_oid}", column.key) for column in message.columns)
    return Relation(message.oid, message.schema_name, message.table_name, message.replica_identity, columns)


def assembled(*messages: Message) -> Transaction:
    assembler = Assembler(describe)
    results = [assembler.feed(message) for message in (Begin(10, 0, 5), SHAPE, *messages, Commit(10, 18, 0))]
    *nothing, transaction = results
    assert not any(nothing)
    assert transaction is not None
    return transaction


def only_change(*messages: Message) -> Change:
    (change,) = assembled(*messages).changes
    return change


def test_a_transaction_is_complete_with_its_commit() -> None:
    transaction = assembled(Origin(1, "x"), TypeMessage(1, "a", "b"), Insert(7, ["1", "a"]), Truncate((7, 7)))
    assert (transaction.commit_lsn, transaction.end_lsn, transaction.xid) == (10, 18, 5)
    assert transaction.committed_at == EPOCH
    assert [(change.kind, change.relation) for change in transaction.changes] == [
        ("I", RELATION),
        ("T", RELATION),
        ("T", RELATION),
    ]


def test_it_knows_whether_something_is_in_flight() -> None:
    assembler = Assembler(describe)
    seen = [assembler.in_flight]
    for message in (Begin(10, 0, 5), SHAPE, Commit(10, 18, 0)):
        assembler.feed(message)
        seen.append(assembler.in_flight)
    assert seen == [False, True, True, False]


def test_an_old_key_keeps_its_key_columns_only() -> None:
    change = only_change(Update(7, "K", ["1", None], ["2", "a"]))
    assert (change.old, change.record_key, change.old_record_key) == ({"id": "1"}, '["2"]', '["1"]')
    assert only_change(Delete(7, "K", ["1", None])).old == {"id": "1"}


def test_an_unchanged_value_comes_from_the_old_row_or_is_listed() -> None:
    from_old = only_change(Update(7, "O", ["1", "long"], ["1", Unchanged.TOAST]))
    assert (from_old.new, from_old.unchanged) == ({"id": "1", "body": "long"}, [])
    listed = only_change(Update(7, "", None, ["1", Unchanged.TOAST]))
    assert (listed.new, listed.unchanged) == ({"id": "1"}, ["body"])


def test_a_table_described_anew_within_a_transaction_takes_its_new_shape() -> None:
    wider = SHAPE._replace(columns=(*SHAPE.columns, ColumnMessage(False, "more", 25, -1)))
    narrow, wide = assembled(Insert(7, ["1", "a"]), wider, Insert(7, ["2", "b", "c"])).changes
    assert (len(narrow.relation.columns), wide.new) == (2, {"id": "2", "body": "b", "more": "c"})


@pytest.mark.parametrize(
    "messages",
    [
        [Commit(10, 18, 0)],
        [SHAPE, Insert(7, ["1", "a"])],
        [Begin(10, 0, 5), Insert(7, ["1", "a"])],
        [Begin(10, 0, 5), SHAPE, Insert(7, ["1"])],
        [Begin(10, 0, 5), SHAPE, Insert(7, ["1", Unchanged.TOAST])],
    ],
)
def test_an_impossible_order_or_row_is_refused(messages: list[Message]) -> None:
    *possible, impossible = messages
    assembler = Assembler(describe)
    for message in possible:
        assembler.feed(message)
    with pytest.raises(ProtocolError):
        assembler.feed(impossible)
