"""PostgreSQL's replication protocol: the frames of the stream, and the messages of `pgoutput` inside them.

Source: PostgreSQL's manual, "Streaming Replication Protocol" and "Logical Replication Message Formats".
"""

import struct
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple

LARGE = 1_000_000  # bytes of a payload
XIDS = 1 << 32  # transaction ids in the stream have 32 bits
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_WAL_DATA = struct.Struct("!qqq")
_KEEPALIVE = struct.Struct("!qqB")
_PAYLOAD = 1 + _WAL_DATA.size
_DATA, _ALIVE = b"wk"
_STATUS = struct.Struct("!cqqqqB")


class ProtocolError(Exception):
    """The server sent something that this program does not understand."""


class WalData(NamedTuple):
    """A frame that carries one message of the output plugin. clock: microseconds since 2000-01-01 UTC.

    payload: a large one is a view of the driver's memory, since a copy would take as much again.
    """

    start_lsn: int
    end_lsn: int
    clock: int
    payload: bytes | memoryview


class Keepalive(NamedTuple):
    """The server has nothing more to send up to `end_lsn`."""

    end_lsn: int
    clock: int
    reply_requested: bool


Frame = WalData | Keepalive


def decode_frame(data: bytes | memoryview) -> Frame:
    """Raises ProtocolError."""
    try:
        kind = data[0] if data else 0
        if kind == _DATA:
            start, end, clock = _WAL_DATA.unpack_from(data, 1)
            payload = data[_PAYLOAD:]
            return WalData(start, end, clock, payload if len(payload) > LARGE else bytes(payload))
        if kind == _ALIVE:
            end, clock, reply = _KEEPALIVE.unpack_from(data, 1)
            return Keepalive(end, clock, bool(reply))
    except struct.error:
        raise ProtocolError(f"A frame of {len(data)} bytes is too short.") from None
    raise ProtocolError(f"A frame starts with {bytes(data[:1])!r}, which is neither data nor a keepalive.")


def encode_status(lsn: int, now: datetime, reply: bool = False) -> bytes:
    """The frame that acknowledges everything up to `lsn` as written, flushed and applied."""
    return _STATUS.pack(b"r", lsn, lsn, lsn, to_clock(now), reply)


def to_clock(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_clock(clock: int) -> datetime:
    return EPOCH + timedelta(microseconds=clock)


class Unchanged(Enum):
    """Replaces a large value in a tuple: the update did not touch the value, and the server did not send it."""

    TOAST = "u"


Value = str | None | Unchanged
Tuple = list[Value]


class Begin(NamedTuple):
    commit_lsn: int
    clock: int
    xid: int


class Commit(NamedTuple):
    commit_lsn: int
    end_lsn: int
    clock: int


class Origin(NamedTuple):
    commit_lsn: int
    name: str


class ColumnMessage(NamedTuple):
    key: bool
    name: str
    type_oid: int
    type_modifier: int


class RelationMessage(NamedTuple):
    oid: int
    schema_name: str
    table_name: str
    replica_identity: str
    columns: tuple[ColumnMessage, ...]


class TypeMessage(NamedTuple):
    oid: int
    schema_name: str
    name: str


class Insert(NamedTuple):
    oid: int
    new: Tuple


class Update(NamedTuple):
    """old_kind: 'K' if `old` holds the key columns only, 'O' if it holds the whole row, '' if it is None."""

    oid: int
    old_kind: str
    old: Tuple | None
    new: Tuple


class Delete(NamedTuple):
    oid: int
    old_kind: str
    old: Tuple


class Truncate(NamedTuple):
    oids: tuple[int, ...]


class LogicalMessage(NamedTuple):
    """What `pg_logical_emit_message` wrote. Whoever may call it chooses prefix and content, of up to 1 GB each.

    size: of the whole content, in bytes. Of a large one `content` has the beginning; a long prefix is cut, too.
    """

    transactional: bool
    lsn: int
    prefix: str
    content: bytes
    size: int


class StreamStart(NamedTuple):
    """A piece of a transaction that has not ended begins. The rows in it name the subtransactions that changed them."""

    xid: int
    first: bool


class StreamStop(NamedTuple):
    """The piece ends."""


class StreamCommit(NamedTuple):
    """A transaction that arrived in pieces has committed."""

    xid: int
    commit_lsn: int
    end_lsn: int
    clock: int


class StreamAbort(NamedTuple):
    """A transaction that arrived in pieces, or a subtransaction of it, was rolled back. xid: of the former."""

    xid: int
    subxid: int


Streaming = StreamStart | StreamStop | StreamCommit | StreamAbort
Rows = Insert | Update | Delete | Truncate
Message = Begin | Commit | Origin | RelationMessage | TypeMessage | Rows | LogicalMessage | Streaming
