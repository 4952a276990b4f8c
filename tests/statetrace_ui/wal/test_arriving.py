"""Transactions in pieces, against a model: whatever is nested, released and rolled back, what commits is what stays."""

import struct
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.wal.assembler import Assembler
from statetrace_ui.wal.protocol import Commit, ProtocolError, StreamAbort, StreamCommit, StreamStart, StreamStop
from statetrace_ui.wal.records import Transaction
from tests.statetrace_ui.wal.test_assembler import SHAPE, describe

TOP = 2**32 - 20  # ids begin anew after 2^32
Rows = list[tuple[int, str]]


@dataclass
class Server:
    """One transaction with its savepoints, as PostgreSQL numbers and sends it.

    open: the open subtransactions, outermost first; of each its id, None before its first change, its rows, and the ids
    of those released into it.
    """

    messages: list[object] = field(default_factory=list)
    open: list[tuple[list[int | None], Rows, list[int]]] = field(default_factory=list)
    next_xid: int = TOP
    number: int = 0

    def begin(self) -> None:
        self.open.append(([None], [], []))

    def change(self) -> None:
        for xid, _, _ in self.open:  # parents get their ids first
            if xid[0] is None:
                xid[0] = self.next_xid % 2**32
                self.next_xid += 1
        self.number += 1
        xid, rows, _ = self.open[-1]
        rows.append((xid[0] or 0, str(self.number)))
        self.messages.append(row(xid[0] or 0, str(self.number)))

    def release(self) -> None:
        (xid,), rows, released = self.open.pop()
        _, parent_rows, parent_released = self.open[-1]
        parent_rows += rows
        parent_released += released + ([xid] if xid is not None else [])

    def roll_back(self) -> None:
        (xid,), _, released = self.open.pop()
        for gone in [*released, xid]:
            if gone is not None:
                self.messages.append(StreamAbort(TOP, gone))


def row(subxid: int, text: str) -> bytes:
    value = text.encode()
    return b"I" + struct.pack("!II", subxid, 7) + b"N\0\2t" + struct.pack("!i", len(value)) + value + b"n"


def relation_message(subxid: int) -> bytes:
    columns = b"".join(struct.pack("!B", column.key) + column.name.encode() + b"\0" + struct.pack("!Ii", 25, -1)
                       for column in SHAPE.columns)  # fmt: skip
    return b"R" + struct.pack("!II", subxid, 7) + b"public\0item\0d\0\2" + columns


@given(st.lists(st.sampled_from(["begin", "change", "change", "change", "release", "roll_back", "pause"]), max_size=40))
def test_what_commits_is_what_stays(steps: list[str]) -> None:
    server = Server()
    server.begin()
    server.change()
    for step in steps:
        if step == "pause":
            server.messages.append(step)
        elif step in ("begin", "change") or len(server.open) > 1:
            getattr(server, step)()
    while len(server.open) > 1:
        server.release()
    transaction = received(server.messages)
    assert [change.new and change.new["id"] for change in transaction.changes] == [
        text for _, text in server.open[0][1]
    ]


def received(messages: list[object]) -> Transaction:
    """Rows come inside pieces; that a subtransaction is rolled back is said between them."""
    assembler = Assembler(describe)
    assembler.feed(StreamStart(TOP, first=True))
    assembler.receive(relation_message(TOP))
    inside = True
    for message in messages:
        if inside != isinstance(message, bytes):
            assembler.feed(StreamStart(TOP, first=False) if not inside else StreamStop())
            inside = not inside
        if isinstance(message, bytes):
            assembler.receive(message)
        elif isinstance(message, StreamAbort):
            assembler.feed(message)
    if inside:
        assembler.feed(StreamStop())
    transaction = assembler.feed(StreamCommit(TOP, 10, 18, 0))
    assert transaction is not None
    assert not assembler.arriving
    return transaction


def test_a_transaction_that_is_rolled_back_is_forgotten() -> None:
    assembler = Assembler(describe)
    assembler.feed(StreamStart(9, first=True))
    assembler.receive(relation_message(9))
    assembler.receive(row(9, "1"))
    assembler.feed(StreamStop())
    assert [(one.xid, len(one.changes)) for one in assembler.arriving] == [(9, 1)]
    assembler.feed(StreamAbort(9, 9))
    assert not assembler.arriving
    with pytest.raises(ProtocolError):
        assembler.feed(StreamCommit(9, 10, 18, 0))


def test_little_stays_in_memory_between_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statetrace_ui.wal.arriving.MOST_BETWEEN_PIECES", 50)
    assembler = Assembler(describe)
    assembler.feed(StreamStart(9, first=True))
    assembler.receive(relation_message(9))
    for number in range(5):
        assembler.receive(row(9, str(number)))
    changes = assembler.arriving[0].changes
    assert changes._lines
    assembler.feed(StreamStop())
    assert not changes._lines
    transaction = assembler.feed(StreamCommit(9, 10, 18, 0))
    assert transaction is not None
    assert [change.record_key for change in transaction.changes] == [f'["{number}"]' for number in range(5)]


@pytest.mark.parametrize(
    "messages",
    [
        [StreamStop()],
        [StreamStart(9, first=False)],
        [StreamStart(9, first=True), StreamStart(9, first=True)],
        [StreamStart(9, first=True), StreamCommit(9, 1, 2, 0)],
        [StreamStart(9, first=True), Commit(1, 2, 0)],
    ],
)
def test_an_impossible_order_is_refused(messages: list[object]) -> None:
    assembler = Assembler(describe)
    *possible, impossible = messages
    for message in possible:
        assembler.feed(message)  # type: ignore[arg-type]
    with pytest.raises(ProtocolError):
        assembler.feed(impossible)  # type: ignore[arg-type]
