"""Transactions that arrive in pieces before they end: what has come of them so far. Pure."""

from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime

from statetrace_ui.wal.encoder import Encoder
from statetrace_ui.wal.protocol import XIDS, RelationMessage
from statetrace_ui.wal.records import Relation
from statetrace_ui.wal.spill import ChangeList, Place

# Between its pieces, a transaction keeps no more than this in memory: there may be as many as the server has sessions.
MOST_BETWEEN_PIECES = 250_000  # bytes


class Marks:
    """Where the changes of subtransactions begin, so that those of one that is rolled back can be taken out.

    A subtransaction ends before its parent goes on, and has a later id than all that began before it. So of one that is
    rolled back, and of its own subtransactions, are the last changes.
    """

    def __init__(self) -> None:
        # Of each subtransaction its id, and its place: there may be one for each row.
        self._xids, self._sizes, self._counts = array("I"), array("Q"), array("Q")

    def add(self, subxid: int, place: Place) -> None:
        self._xids.append(subxid)
        self._sizes.append(place.size)
        self._counts.append(place.changes)

    def remove(self, subxid: int) -> Place | None:
        """The first place of what the subtransaction changed; None if it changed nothing that is known."""
        place = None
        while self._xids and (self._xids[-1] - subxid) % XIDS < XIDS // 2:
            self._xids.pop()
            place = Place(self._sizes.pop(), self._counts.pop())
        return place


@dataclass
class Arriving:
    """A transaction in pieces. since: when its first piece came; encoders: of its tables, by oid.

    described: its tables, some of which may exist in this transaction alone until it commits.
    """

    xid: int
    changes: ChangeList = field(default_factory=ChangeList)
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    encoders: dict[int, Encoder] = field(default_factory=dict)
    described: list[tuple[RelationMessage, Relation]] = field(default_factory=list)
    _marks: Marks = field(default_factory=Marks)
    _subxid: int = 0  # of the latest change

    def turn_to(self, subxid: int) -> None:
        """What follows is a change by this subtransaction, or by the transaction itself."""
        if subxid != self._subxid:
            self._subxid = subxid
            if subxid != self.xid:
                self._marks.add(subxid, self.changes.place)

    def roll_back(self, subxid: int) -> None:
        """Forget what a subtransaction changed."""
        place = self._marks.remove(subxid)
        if place is not None:
            self.changes.cut(place)
        self._subxid = 0

    def describe(self, message: RelationMessage, relation: Relation) -> None:
        self.described.append((message, relation))
        self.encoders[message.oid] = Encoder(relation)

    def pause(self) -> None:
        """A piece has ended."""
        self.changes.spill(MOST_BETWEEN_PIECES)
