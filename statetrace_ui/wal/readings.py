"""What was read of tables, and its place among the transactions of the stream."""

from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from statetrace_ui.wal.protocol import XIDS
from statetrace_ui.wal.records import Change, Relation, Transaction
from statetrace_ui.wal.shapes import Shape
from statetrace_ui.wal.spill import ChangeList


class Mode(StrEnum):
    """What the rows of a table mean to history."""

    NEW = "new"  # they replace whatever was known of the table
    COMPARE = "compare"  # the known rows are compared with them, and only differences count
    ANNOTATIONS = "annotations"  # they tell who made transactions, some of which may be stored already


@dataclass(frozen=True)
class TableRows:
    """The rows of one table, read from the source while they are iterated.

    Close what you iterate: as long as a COPY runs, its connection cannot be closed.
    before: the shape under which history knows the table, if it does. with_writers: the rows, each with the id of the
    transaction that wrote it.
    """

    shape: Shape
    before: Shape | None
    mode: Mode
    rows: Callable[[], Generator[Change, None, None]]
    with_writers: Callable[[], Generator[tuple[Change, int], None, None]]


@dataclass
class Reading:
    """All that was found of tables at one moment. lsn: everything before it, and nothing after it, is in the rows.

    left: shapes of tables that are captured no longer. adopted: new shapes of tables whose rows need no reading.
    """

    lsn: int
    read_at: datetime
    tables: Sequence[TableRows] = ()
    left: Sequence[Shape] = ()
    adopted: Sequence[Shape] = ()


class Visible:
    """The transactions whose effects a snapshot shows. text: as pg_current_snapshot() writes it, `xmin:xmax:xip,…`."""

    def __init__(self, text: str) -> None:
        _, xmax, running = text.split(":")
        self.xmax = int(xmax)
        self.running = {int(xid) for xid in running.split(",") if xid}

    def __contains__(self, xid: int) -> bool:
        """xid: 32 bits, of a transaction that has ended and is at most 2^31 away."""
        distance = (xid - self.xmax) % XIDS
        full = self.xmax + (distance if distance < XIDS // 2 else distance - XIDS)
        return full < self.xmax and full not in self.running


@dataclass
class Placement:
    """Finds the place of a snapshot among the transactions of the stream, which come in the order of the log.

    A snapshot shows transactions in the order in which they ended for other sessions, which may differ a little from
    the order of the log: then there may be no place between those that it shows and those that it does not show.
    Transactions that touch none of the tables may be on either side.
    """

    visible: Visible
    oids: Collection[int]
    after: list[Transaction] = field(default_factory=list)
    impossible: bool = False

    def add(self, transaction: Transaction) -> bool:
        """Whether the transaction belongs before the snapshot; otherwise it is kept in `after`."""
        touches = bool(self.oids) and _touches(transaction, self.oids)
        shown = transaction.xid is None or transaction.xid in self.visible
        if not self.after and (shown or not touches):
            return True
        self.impossible = self.impossible or (shown and touches)
        self.after.append(transaction)
        return False


def _touches(transaction: Transaction, oids: Collection[int]) -> bool:
    return any(relation.oid in oids for relation in changed_relations(transaction.changes))


def changed_relations(changes: Iterable[Change]) -> Iterable[Relation]:
    """The relations of the changes, some of them perhaps several times."""
    return changes.relations if isinstance(changes, ChangeList) else (change.relation for change in changes)
