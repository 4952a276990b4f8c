"""Messages → whole transactions. Pure: the caller hands in how a table's types and key are looked up.

Rows become lines as they arrive: most by the encoder, straight from the message; all others by way of a change.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace

from statetrace_ui.wal.arriving import Arriving
from statetrace_ui.wal.decoder import IN_PIECES, decode_body
from statetrace_ui.wal.encoder import Encoder
from statetrace_ui.wal.messages import message_change
from statetrace_ui.wal.protocol import (
    Begin,
    Commit,
    Delete,
    Insert,
    LogicalMessage,
    Message,
    ProtocolError,
    RelationMessage,
    StreamAbort,
    StreamCommit,
    StreamStart,
    StreamStop,
    Truncate,
    Tuple,
    Unchanged,
    Update,
    from_clock,
)
from statetrace_ui.wal.records import Change, Relation, Row, Transaction, row_change
from statetrace_ui.wal.spill import ChangeList

_UINT32 = struct.Struct("!I").unpack_from
_ROWS = b"IUD"


class Assembler:
    """Give it every message of one stream, in order; it returns a transaction when one is complete.

    describe: makes a relation of its message, with type names and the primary key, which the message does not carry.
    prefix: logical messages whose prefix begins so are kept, if they belong to a transaction; None: none are.
    """

    def __init__(self, describe: Callable[[RelationMessage], Relation], prefix: str | None = None) -> None:
        self._describe = describe
        self._prefix = prefix
        self._known: dict[int, Encoder] = {}  # of the tables of whole transactions
        self._begin: Begin | None = None
        self._in_pieces: dict[int, Arriving] = {}
        self._piece: Arriving | None = None  # whose piece is arriving
        # Where changes go, and by which encoders: of the transaction or of the piece.
        self._changes: ChangeList | None = None
        self._encoders = self._known

    @property
    def in_flight(self) -> bool:
        """Whether a whole transaction has begun to arrive and is not complete.

        One in pieces does not count: all of it comes again as long as its commit is not acknowledged.
        """
        return self._begin is not None

    @property
    def arriving(self) -> list[Arriving]:
        """The transactions of which some changes have come: those in pieces, and one that arrives as a whole."""
        whole = (
            [Arriving(self._begin.xid, self._changes, from_clock(self._begin.clock))]
            if self._begin and self._changes
            else []
        )
        return whole + list(self._in_pieces.values())

    def receive(self, payload: bytes | memoryview) -> Transaction | None:
        """Take the next message. Raises ProtocolError."""
        kind = payload[0] if payload else 0
        if self._piece is not None and kind in IN_PIECES and len(payload) > 4:
            self._piece.turn_to(_UINT32(payload, 1)[0])
            payload = payload[4:]  # its first byte now stands for the kind
        if kind in _ROWS and len(payload) > 4:
            encoder = self._encoders.get(_UINT32(payload, 1)[0])
            line = encoder.line(kind, payload) if encoder and self._changes is not None else None
            if line:
                self._changes.append(encoder.relation, line)  # type: ignore[union-attr]
                return None
        return self.feed(decode_body(bytes([kind]), payload))

    def feed(self, message: Message) -> Transaction | None:
        """The same for a message that is decoded. Raises ProtocolError where messages come in an impossible order."""
        match message:
            case Insert() | Update() | Delete() | Truncate():
                self._add(self._changes_of(message))
            case Begin():
                self._begin, self._changes = message, ChangeList()
            case Commit():
                return self._complete(message)
            case RelationMessage():
                self._learn(message)
            case LogicalMessage() if self._is_wanted(message):
                self._add(iter([message_change(message)]))
            case StreamStart():
                self._start_piece(message)
            case StreamStop():
                self._stop_piece()
            case StreamCommit():
                return self._complete_pieces(message)
            case StreamAbort():
                self._roll_back(message)
            case _:
                pass  # types and origins say nothing about rows
        return None

    def _is_wanted(self, message: LogicalMessage) -> bool:
        """One outside of transactions is sent at once, and stays when the transaction that wrote it is rolled back."""
        return message.transactional and self._prefix is not None and message.prefix.startswith(self._prefix)

    def _complete(self, commit: Commit) -> Transaction:
        if self._begin is None or self._changes is None:
            raise ProtocolError("A transaction ended that had not begun.")
        begin, changes = self._begin, self._changes.finished()
        self._begin = self._changes = None
        return Transaction(commit.commit_lsn, commit.end_lsn, from_clock(commit.clock), changes, begin.xid)

    def _learn(self, message: RelationMessage) -> None:
        relation = self._describe(message)
        if self._piece is not None:
            self._piece.describe(message, relation)
        else:
            self._known[message.oid] = Encoder(relation)

    def _start_piece(self, start: StreamStart) -> None:
        if start.first:
            self._in_pieces[start.xid] = Arriving(start.xid)
        piece = self._in_pieces.get(start.xid)
        if piece is None or self._begin or self._piece:
            raise ProtocolError(f"A piece of transaction {start.xid} came out of order.")
        self._piece, self._changes, self._encoders = piece, piece.changes, piece.encoders

    def _stop_piece(self) -> None:
        if self._piece is None:
            raise ProtocolError("A piece of a transaction ended that had not begun.")
        self._piece.pause()
        self._piece, self._changes, self._encoders = None, None, self._known

    def _roll_back(self, abort: StreamAbort) -> None:
        """Where nothing was sent of a transaction, nothing is to be forgotten."""
        if abort.subxid == abort.xid:
            if gone := self._in_pieces.pop(abort.xid, None):
                gone.changes.close()
        elif piece := self._in_pieces.get(abort.xid):
            piece.roll_back(abort.subxid)

    def _complete_pieces(self, commit: StreamCommit) -> Transaction:
        whole = self._in_pieces.pop(commit.xid, None)
        if whole is None or self._piece:
            raise ProtocolError(f"Transaction {commit.xid} ended that had not begun.")
        for message, relation in whole.described:
            # What the transaction itself had made, a table, a type, a key, others see only now.
            described = self._describe(message)
            self._known[message.oid] = Encoder(described)
            if (again := _with_rules_of(relation, described)) != relation:
                whole.changes.describe_again(relation, again)
        changes = whole.changes.finished()
        return Transaction(commit.commit_lsn, commit.end_lsn, from_clock(commit.clock), changes, commit.xid)

    def _add(self, changes: Iterator[Change]) -> None:
        if self._changes is None:
            raise ProtocolError("A row changed outside a transaction.")
        self._changes.extend(changes)

    def _changes_of(self, message: Insert | Update | Delete | Truncate) -> Iterator[Change]:
        if isinstance(message, Truncate):
            relations = map(self._relation, message.oids)
            return (row_change(relation, "T") for relation in relations if relation.stored)
        relation = self._relation(message.oid)
        return iter([row_of_message(relation, message)] if relation.stored else [])

    def _relation(self, oid: int) -> Relation:
        try:
            return self._encoders[oid].relation
        except KeyError:
            raise ProtocolError(f"A row changed in table {oid}, which the stream has not described.") from None


def _with_rules_of(before: Relation, relation: Relation) -> Relation:
    """The relation with the rules by which its values were taken in already."""
    columns = tuple(
        replace(column, rule=known.rule) for column, known in zip(relation.columns, before.columns, strict=True)
    )
    return replace(relation, columns=columns, masker=before.masker, stored=before.stored)


def row_of_message(relation: Relation, message: Insert | Update | Delete) -> Change:
    """Raises ProtocolError where values cannot belong to the relation."""
    match message:
        case Insert():
            return row_change(relation, "I", new=_row(relation, message.new))
        case Delete():
            return row_change(relation, "D", old=_old_row(relation, message.old_kind, message.old))
        case Update():
            old = _old_row(relation, message.old_kind, message.old) if message.old else None
            new, unchanged = _new_row(relation, message.new, old)
            return row_change(relation, "U", old, new, unchanged)


def _row(relation: Relation, values: Tuple) -> Row:
    """Raises ProtocolError where values cannot belong to the relation."""
    if len(values) != len(relation.names) or Unchanged.TOAST in values:
        raise ProtocolError(f"A row of {relation.schema_name}.{relation.table_name} is not complete.")
    return dict(zip(relation.names, values, strict=True))  # type: ignore[arg-type]


def _old_row(relation: Relation, kind: str, values: Tuple) -> Row:
    """The row before. Only the identity's columns of a 'K' tuple mean anything: all others are sent as nulls."""
    row = _row(relation, values)
    return row if kind == "O" else {name: row[name] for name in relation.key}


def _new_row(relation: Relation, values: Tuple, old: Row | None) -> tuple[Row, list[str]]:
    """The row after, and the columns whose unchanged value was sent neither in it nor in the old row."""
    if Unchanged.TOAST not in values:
        return _row(relation, values), []
    row: Row = {}
    unchanged: list[str] = []
    for name, value in zip(relation.names, values, strict=True):
        if not isinstance(value, Unchanged):
            row[name] = value
        elif old is not None and name in old:
            row[name] = old[name]
        else:
            unchanged.append(name)
    return row, unchanged
