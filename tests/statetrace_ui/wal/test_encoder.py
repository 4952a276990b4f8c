"""Messages become the same lines in the fast way and in the checked one, and a server reads them as they are."""

import struct
from collections.abc import Iterator

from hypothesis import example, given, settings
from hypothesis import strategies as st

from statetrace_ui.wal.assembler import Assembler, row_of_message
from statetrace_ui.wal.decoder import decode
from statetrace_ui.wal.encoder import Encoder
from statetrace_ui.wal.lines import change_of, line_of
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.protocol import (
    Begin,
    ColumnMessage,
    Commit,
    Delete,
    Insert,
    RelationMessage,
    Truncate,
    Update,
)
from statetrace_ui.wal.records import Change, Column, Relation, Rule

RULES: list[Rule] = ["keep", "mask", "exclude"]
MASKER = Masker(b"key")
Value = bytes | None
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
odd = st.sampled_from(
    ["", "NULL", "null", "nUll", " ", "{}", ",", '"', "\\", "\\N", "\t", "\n", "\r", "\b", "\f", "\v", "\x7f", "é", "ſ",
     "\N{REPLACEMENT CHARACTER}ff", "\\\\\"", 'a"b', "x" * 1_001, "🙂" * 300, "\x85", "\xa0"]
)  # fmt: skip
values = st.none() | (odd | texts | st.integers().map(str)).map(str.encode) | st.binary(max_size=6)


@st.composite
def relations(draw: st.DrawFn) -> Relation:
    keys = draw(st.lists(st.booleans(), min_size=1, max_size=5))
    rules = draw(st.none() | st.lists(st.sampled_from(RULES), min_size=len(keys), max_size=len(keys)))
    columns = tuple(Column(f"c{n}", "text", key, rules[n] if rules else "keep") for n, key in enumerate(keys))
    return Relation(7, "public", "item", "d", columns, MASKER if rules else None)


@st.composite
def messages(draw: st.DrawFn) -> tuple[Relation, bytes]:
    relation = draw(relations())
    old, new = ([draw(values) for _ in relation.columns] for _ in range(2))
    identity = [value if column.key else None for value, column in zip(old, relation.columns, strict=True)]
    kind = draw(st.sampled_from(["I", "U", "UK", "UO", "DK", "DO"]))
    head = kind[:1].encode() + struct.pack("!I", 7)
    before = kind[1:].encode() + _tuple(identity if "K" in kind else old) if kind[1:] else b""
    after = b"N" + _tuple(new) if kind[0] in "IU" else b""
    return relation, head + before + after


def _tuple(row: list[Value]) -> bytes:
    return struct.pack("!h", len(row)) + b"".join(map(_value, row))


def _value(value: Value) -> bytes:
    return b"n" if value is None else b"t" + struct.pack("!i", len(value)) + value


def checked(relation: Relation, message: bytes) -> Change:
    return row_of_message(relation, decode(message))  # type: ignore[arg-type]


PAIR = Relation(7, "public", "pair", "d", (Column("a", "text", True), Column("b", "text", False)))


def message(kind: bytes, *rows: tuple[bytes, list[Value]]) -> bytes:
    return kind + struct.pack("!I", 7) + b"".join(mark + _tuple(row) for mark, row in rows)


@settings(max_examples=500)
@given(messages())
@example((PAIR, message(b"U", (b"K", [b"1", None]), (b"N", [b"2", b"x"]))))
@example((PAIR, message(b"U", (b"O", [b"1", b"x"]), (b"N", [b"1", b"y"]))))
@example((PAIR, message(b"I", (b"N", [b"\xc3", b"\xa9"]))))
@example((PAIR, message(b"D", (b"K", [b"1", None]))))
def test_both_ways_write_the_same_line(case: tuple[Relation, bytes]) -> None:
    relation, data = case
    line = Encoder(relation).line(data[0], data)
    assert line in (None, line_of(checked(relation, data)))


@given(messages())
def test_a_line_tells_the_change_again(case: tuple[Relation, bytes]) -> None:
    change = checked(*case)
    assert change_of(change.relation, line_of(change)) == change


class OnlyFast(Assembler):
    """An assembler that takes the fast way or none."""

    def _changes_of(self, message: Insert | Update | Delete | Truncate) -> Iterator[Change]:
        raise AssertionError(f"{message} was decoded.")


def test_plain_rows_are_never_decoded() -> None:
    """Else all would be right, and slow."""
    assembler = OnlyFast(lambda _: PAIR)
    shape = RelationMessage(
        7, "public", "pair", "d", (ColumnMessage(True, "a", 25, -1), ColumnMessage(False, "b", 25, -1))
    )
    for message in (Begin(10, 0, 5), shape):
        assembler.feed(message)
    head, row = struct.pack("!I", 7), _tuple([b"1", b'say "hello", {twice}\n'])
    for payload in (b"I" + head + b"N" + row, b"U" + head + b"N" + row, b"D" + head + b"K" + _tuple([b"1", None])):
        assert assembler.receive(payload) is None
    transaction = assembler.feed(Commit(10, 18, 0))
    assert transaction is not None
    assert [change.kind for change in transaction.changes] == ["I", "U", "D"]
