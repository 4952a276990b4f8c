"""pgoutput's messages, byte by byte as the manual has them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.wal.decoder import BEGINNING, MOST_MESSAGE, MOST_PREFIX, decode
from statetrace_ui.wal.protocol import (
    Begin,
    ColumnMessage,
    Commit,
    Delete,
    Insert,
    LogicalMessage,
    Message,
    Origin,
    ProtocolError,
    RelationMessage,
    Truncate,
    TypeMessage,
    Unchanged,
    Update,
)

TUPLE = b"\0\3" + b"t\0\0\0\2hi" + b"n" + b"u"
VALUES = ["hi", None, Unchanged.TOAST]
RELATION = (
    b"R\0\0\0\7public\0item\0d\0\2"
    + b"\1id\0"
    + struct.pack("!Ii", 23, -1)
    + b"\0name\0"
    + struct.pack("!Ii", 1043, 24)
)
MESSAGES = [
    (b"B" + struct.pack("!qqI", 10, 20, 30), Begin(10, 20, 30)),
    (b"C\0" + struct.pack("!qqq", 10, 11, 20), Commit(10, 11, 20)),
    (b"O" + struct.pack("!q", 10) + b"elsewhere\0", Origin(10, "elsewhere")),
    (
        RELATION,
        RelationMessage(
            7, "public", "item", "d", (ColumnMessage(True, "id", 23, -1), ColumnMessage(False, "name", 1043, 24))
        ),
    ),
    (b"Y\0\0\0\7app\0mood\0", TypeMessage(7, "app", "mood")),
    (b"Y\0\0\0\7\0text\0", TypeMessage(7, "pg_catalog", "text")),
    (b"I\0\0\0\7N" + TUPLE, Insert(7, VALUES)),
    (b"U\0\0\0\7N" + TUPLE, Update(7, "", None, VALUES)),
    (b"U\0\0\0\7K" + TUPLE + b"N" + TUPLE, Update(7, "K", VALUES, VALUES)),
    (b"U\0\0\0\7O" + TUPLE + b"N" + TUPLE, Update(7, "O", VALUES, VALUES)),
    (b"D\0\0\0\7K" + TUPLE, Delete(7, "K", VALUES)),
    (b"T\0\0\0\2\1\0\0\0\7\0\0\0\x08", Truncate((7, 8))),
    (b"M\1" + struct.pack("!q", 9) + b"app\0\0\0\0\2ab", LogicalMessage(True, 9, "app", b"ab", 2)),
]


@pytest.mark.parametrize(("data", "message"), MESSAGES)
def test_a_message_is_understood(data: bytes, message: object) -> None:
    assert decode(data) == message


@pytest.mark.parametrize("data", [b"", b"?", b"S\0\0", *(data[:-3] for data, _ in MESSAGES if data[:1] in b"BCIRTUDM")])
def test_a_message_that_is_unknown_or_cut_short_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(data)


def test_a_binary_value_is_refused_since_it_was_not_asked_for() -> None:
    with pytest.raises(ProtocolError, match="'b'"):
        decode(b"I\0\0\0\7N\0\1b\0\0\0\1x")


def test_bytes_that_are_not_utf8_are_shown_escaped() -> None:
    assert decode(b"I\0\0\0\7N\0\1t\0\0\0\3a\xffb") == Insert(7, ["a\N{REPLACEMENT CHARACTER}ffb"])


def test_of_a_large_message_the_beginning_is_kept() -> None:
    content = b"x" * (MOST_MESSAGE + 1)
    message = decode(memoryview(b"M\1" + struct.pack("!q", 9) + b"app\0" + struct.pack("!i", len(content)) + content))
    assert message == LogicalMessage(True, 9, "app", content[:BEGINNING], MOST_MESSAGE + 1)


def test_a_message_with_an_endless_prefix_is_nobodys() -> None:
    message = decode(memoryview(b"M\1" + struct.pack("!q", 9) + b"_st.app.act" * 10_000 + b"\0\0\0\0\2ab"))
    assert isinstance(message, LogicalMessage)
    assert (len(message.prefix), message.content) == (MOST_PREFIX + 1, b"")


@given(st.binary())
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    found: Message | ProtocolError
    try:
        found = decode(data)
    except ProtocolError as error:
        found = error
    assert isinstance(found, Message | ProtocolError)
