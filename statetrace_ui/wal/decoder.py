"""Decodes `pgoutput`, protocol versions 1 and 2: bytes → messages.

Transactions come whole, in the order of their commits. From version 2 on, large ones may come in pieces, before it is
known whether they commit; between them come pieces of others, and whole transactions.
"""

import struct
from collections.abc import Callable
from typing import Any

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
    StreamAbort,
    StreamCommit,
    StreamStart,
    StreamStop,
    Truncate,
    Tuple,
    TypeMessage,
    Unchanged,
    Update,
)
from statetrace_ui.wal.row_limit import MOST_CHARACTERS, beginning_of
from statetrace_ui.wal.text import decoded

_INT16, _INT32, _UINT32, _INT64 = (struct.Struct(f) for f in ("!h", "!i", "!I", "!q"))
_BEGIN, _COMMIT = struct.Struct("!qqI"), struct.Struct("!Bqqq")
_STREAM_START, _STREAM_COMMIT, _STREAM_ABORT = struct.Struct("!IB"), struct.Struct("!IBqqq"), struct.Struct("!II")
_COLUMN = struct.Struct("!Ii")
_NULL, _UNCHANGED, _TEXT = ord("n"), ord("u"), ord("t")
# Bytes of a logical message that are copied; of a longer one, the beginning is enough to tell what it was.
MOST_PREFIX, MOST_MESSAGE, BEGINNING = 100, 1_000_000, 1_000


def decode(payload: bytes | memoryview) -> Message:
    """Raises ProtocolError."""
    return decode_body(bytes(payload[:1]), payload)


def decode_body(kind: bytes, payload: bytes | memoryview) -> Message:
    """The message of a kind; the first byte of `payload` is not looked at. Raises ProtocolError."""
    reader = READERS.get(kind)
    if reader is None:
        raise ProtocolError(f"A message starts with {kind!r}, which pgoutput's version 2 does not know.")
    try:
        return reader(payload if kind in LARGE_KINDS else bytes(payload))
    except (struct.error, IndexError, ValueError):
        raise ProtocolError(f"A message {kind!r} of {len(payload)} bytes is cut short.") from None


def _string(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(0, at)
    return decoded(data[at:end]), end + 1


def _tuple(data: bytes | memoryview, at: int) -> tuple[Tuple, int]:
    (count,) = _INT16.unpack_from(data, at)
    at += 2
    values: Tuple = []
    for _ in range(count):
        kind = data[at]
        at += 1
        if kind == _TEXT:
            (length,) = _INT32.unpack_from(data, at)
            at += 4 + length
            if at > len(data):
                raise IndexError
            value = data[at - length : at]
            values.append(decoded(bytes(value)) if length <= MOST_CHARACTERS else beginning_of(value))
        elif kind == _NULL:
            values.append(None)
        elif kind == _UNCHANGED:
            values.append(Unchanged.TOAST)
        else:
            raise ProtocolError(f"A value has the kind {chr(kind)!r}, which was not requested.")
    return values, at


def _begin(data: bytes) -> Begin:
    return Begin(*_BEGIN.unpack_from(data, 1))


def _commit(data: bytes) -> Commit:
    _flags, commit_lsn, end_lsn, clock = _COMMIT.unpack_from(data, 1)
    return Commit(commit_lsn, end_lsn, clock)


def _stream_start(data: bytes) -> StreamStart:
    xid, first = _STREAM_START.unpack_from(data, 1)
    return StreamStart(xid, bool(first))


def _stream_commit(data: bytes) -> StreamCommit:
    xid, _flags, commit_lsn, end_lsn, clock = _STREAM_COMMIT.unpack_from(data, 1)
    return StreamCommit(xid, commit_lsn, end_lsn, clock)


def _stream_abort(data: bytes) -> StreamAbort:
    return StreamAbort(*_STREAM_ABORT.unpack_from(data, 1))


def _origin(data: bytes) -> Origin:
    (lsn,) = _INT64.unpack_from(data, 1)
    return Origin(lsn, _string(data, 9)[0])


def _relation(data: bytes) -> RelationMessage:
    (oid,) = _UINT32.unpack_from(data, 1)
    schema_name, at = _string(data, 5)
    table_name, at = _string(data, at)
    identity = chr(data[at])
    (count,) = _INT16.unpack_from(data, at + 1)
    at += 3
    columns = []
    for _ in range(count):
        key = bool(data[at] & 1)
        name, at = _string(data, at + 1)
        columns.append(ColumnMessage(key, name, *_COLUMN.unpack_from(data, at)))
        at += _COLUMN.size
    # The server sends pg_catalog as an empty name.
    return RelationMessage(oid, schema_name or "pg_catalog", table_name, identity, tuple(columns))


def _type(data: bytes) -> TypeMessage:
    (oid,) = _UINT32.unpack_from(data, 1)
    schema_name, at = _string(data, 5)
    return TypeMessage(oid, schema_name or "pg_catalog", _string(data, at)[0])


def _insert(data: bytes | memoryview) -> Insert:
    return Insert(_UINT32.unpack_from(data, 1)[0], _tuple(data, 6)[0])


def _update(data: bytes | memoryview) -> Update:
    (oid,) = _UINT32.unpack_from(data, 1)
    kind = chr(data[5])
    if kind == "N":
        return Update(oid, "", None, _tuple(data, 6)[0])
    old, at = _tuple(data, 6)
    return Update(oid, kind, old, _tuple(data, at + 1)[0])


def _delete(data: bytes | memoryview) -> Delete:
    return Delete(_UINT32.unpack_from(data, 1)[0], chr(data[5]), _tuple(data, 6)[0])


def _truncate(data: bytes) -> Truncate:
    (count,) = _INT32.unpack_from(data, 1)
    return Truncate(struct.unpack_from(f"!{count}I", data, 6))


def _logical_message(data: bytes | memoryview) -> LogicalMessage:
    (lsn,) = _INT64.unpack_from(data, 2)
    head = bytes(data[10 : 11 + MOST_PREFIX])
    if len(head) > MOST_PREFIX and 0 not in head:  # nobody's whom this program knows
        return LogicalMessage(bool(data[1]), lsn, decoded(head), b"", 0)
    prefix, length_of_prefix = _string(head, 0)
    at = 10 + length_of_prefix
    (size,) = _INT32.unpack_from(data, at)
    if at + 4 + size > len(data):
        raise IndexError
    kept = size if size <= MOST_MESSAGE else BEGINNING
    return LogicalMessage(bool(data[1]), lsn, prefix, bytes(data[at + 4 : at + 4 + kept]), size)


LARGE_KINDS = (b"I", b"U", b"D", b"M")  # read from the driver's memory, never copied as a whole
# Inside a piece these name a transaction id before their content.
IN_PIECES = b"RYIUDTM"
READERS: dict[bytes, Callable[[Any], Message]] = {
    b"B": _begin,
    b"C": _commit,
    b"O": _origin,
    b"R": _relation,
    b"Y": _type,
    b"I": _insert,
    b"U": _update,
    b"D": _delete,
    b"T": _truncate,
    b"M": _logical_message,
    b"S": _stream_start,
    b"E": lambda _: StreamStop(),
    b"c": _stream_commit,
    b"A": _stream_abort,
}
