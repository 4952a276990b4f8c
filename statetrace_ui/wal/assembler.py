"""Messages → whole transactions. Pure: the caller hands in how a table's types and key are looked up."""

from collections.abc import Callable, Iterator

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
    Truncate,
    Tuple,
    Unchanged,
    Update,
    from_clock,
)
from statetrace_ui.wal.records import Change, Relation, Row, Transaction, row_change
from statetrace_ui.wal.spill import ChangeList


class Assembler:
    """Feed it every message of one stream, in order; it returns a transaction when one is complete.

    describe: makes a relation of its message, with type names and the primary key, which the message does not carry.
    prefix: logical messages whose prefix begins so are kept, if they belong to a transaction; None: none are.
    """

    def __init__(self, describe: Callable[[RelationMessage], Relation], prefix: str | None = None) -> None:
        self._describe = describe
        self._prefix = prefix
        self._relations: dict[int, Relation] = {}
        self._begin: Begin | None = None
        self._changes = ChangeList()

    @property
    def in_flight(self) -> bool:
        """Whether a transaction has begun to arrive and is not complete."""
        return self._begin is not None

    def feed(self, message: Message) -> Transaction | None:
        """Raises ProtocolError where messages come in an order that cannot be."""
        match message:
            case Begin():
                self._begin, self._changes = message, ChangeList()
            case Commit():
                return self._complete(message)
            case RelationMessage():
                self._relations[message.oid] = self._describe(message)
            case Insert() | Update() | Delete() | Truncate():
                self._changes.extend(self._changes_of(message))
            case LogicalMessage() if self._is_wanted(message):
                self._changes.extend([message_change(message)])
            case _:
                pass  # types and origins say nothing about rows
        return None

    def _is_wanted(self, message: LogicalMessage) -> bool:
        """One outside of transactions is sent at once, and stays when the transaction that wrote it is rolled back."""
        return message.transactional and self._prefix is not None and message.prefix.startswith(self._prefix)

    def _complete(self, commit: Commit) -> Transaction:
        if self._begin is None:
            raise ProtocolError("A transaction ended that had not begun.")
        begin, self._begin = self._begin, None
        return Transaction(
            commit.commit_lsn, commit.end_lsn, from_clock(commit.clock), self._changes.finished(), begin.xid
        )

    def _changes_of(self, message: Insert | Update | Delete | Truncate) -> Iterator[Change]:
        if self._begin is None:
            raise ProtocolError("A row changed outside a transaction.")
        if isinstance(message, Truncate):
            relations = map(self._relation, message.oids)
            return (row_change(relation, "T") for relation in relations if relation.stored)
        return iter([self._row_change(message)] if self._relation(message.oid).stored else [])

    def _row_change(self, message: Insert | Update | Delete) -> Change:
        relation = self._relation(message.oid)
        match message:
            case Insert():
                return row_change(relation, "I", new=_row(relation, message.new))
            case Delete():
                return row_change(relation, "D", old=_old_row(relation, message.old_kind, message.old))
            case Update():
                old = _old_row(relation, message.old_kind, message.old) if message.old else None
                new, unchanged = _new_row(relation, message.new, old)
                return row_change(relation, "U", old, new, unchanged)

    def _relation(self, oid: int) -> Relation:
        try:
            return self._relations[oid]
        except KeyError:
            raise ProtocolError(f"A row changed in table {oid}, which the stream has not described.") from None


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
