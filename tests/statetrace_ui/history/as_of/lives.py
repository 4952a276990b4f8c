"""Random lives of a table, as its log would send them and capture would store them, and what it held at each moment."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st

from statetrace_ui.history import gap_store
from statetrace_ui.history.gap_store import Loss, declare
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.history.store import store
from statetrace_ui.wal.records import Change, Column, Relation, Row, Transaction, TransactionKind, row_change

KEYS = ("1", "2", "3", "10")
# (what, key, another key or number, places of the columns that are sent)
ROW_EVENTS = ("insert", "update", "update", "update", "move", "delete")
TABLE_EVENTS = ("truncate", "rename", "add", "drop", "read", "leave", "gap")
EVENTS = st.tuples(
    st.sampled_from([*ROW_EVENTS, *TABLE_EVENTS]),
    st.sampled_from(KEYS),
    st.sampled_from(KEYS),
    st.sets(st.integers(0, 3)),
)
LIVES = st.lists(st.tuples(EVENTS, st.booleans()), min_size=1, max_size=16)
LSN = count(1000)
OLD, YOUNG = dt.timedelta(days=3), dt.timedelta(hours=1)


@dataclass
class Life:
    """An audited table of one source. rows: what it holds, captured or not. young: from which event on it is young."""

    source: Source
    young: int = 99
    names: tuple[str, ...] = ("a", "b")
    rows: dict[str, Row] = field(default_factory=dict)
    captured: bool = False
    number: int = 0
    pending: list[Change] = field(default_factory=list)

    @property
    def relation(self) -> Relation:
        columns = (Column("id", "integer", True), *(Column(name, "text", False) for name in self.names))
        return Relation(7, "public", "item", "d", columns)

    def live(self, events: list[tuple[Any, bool]]) -> None:
        """Each event comes with whether its transaction ends there."""
        self._read()
        for (what, key, other, sent), ends in events:
            self.number += 1
            if what in ROW_EVENTS and self.captured:
                self.pending += self._changed(what, key, other, sent)
                if ends:
                    self._commit()
            else:
                self._commit()
                getattr(self, f"_{what}", self._read)()
        self._commit()

    def _changed(self, what: str, key: str, other: str, sent: set[int]) -> Iterator[Change]:
        if what == "insert" or key not in self.rows:
            if key not in self.rows:
                self.rows[key] = {"id": key, **{name: f"{name}{self.number}" for name in self.names}}
                yield row_change(self.relation, "I", new=self.rows[key])
            return
        row = self.rows.pop(key)
        if what == "delete":
            yield row_change(self.relation, "D", old={"id": key})
            return
        now = other if what == "move" and other not in self.rows else key
        changed: Row = {name: f"u{self.number}" for place, name in enumerate(self.names) if place in sent}
        self.rows[now] = {**row, "id": now, **changed}
        unsent = [name for name in self.names if name not in changed]
        yield row_change(self.relation, "U", {"id": key} if now != key else None, {"id": now, **changed}, unsent)

    def _truncate(self) -> None:
        if self.captured:
            self.rows.clear()
            self._store([row_change(self.relation, "T")])

    def _rename(self) -> None:
        """The columns swap their names, or get new ones."""
        before = self.names
        self.names = before[::-1] if self.number % 2 else tuple(f"{name}x" for name in before)
        names = dict(zip(before, self.names, strict=True))
        self._alter({now: was for was, now in names.items() if now != was}, {}, names)

    def _add(self) -> None:
        self._alter({}, {f"n{self.number}": "default"}, {name: name for name in self.names})

    def _drop(self) -> None:
        kept = self.names[1:]
        self._alter({}, {}, {name: name for name in kept})

    def _alter(self, renamed: Row, added: Row, names: dict[str, str]) -> None:
        """names: {column before: column now} of those that stay."""
        self.names = (*names.values(), *added)
        self.rows = {
            key: {"id": key, **{now: row[was] for was, now in names.items()}, **added} for key, row in self.rows.items()
        }
        if self.captured:
            self._store([row_change(self.relation, "A", old=renamed, new=added)], "resync")

    def _read(self) -> None:
        self.captured = True
        rows = [row_change(self.relation, "B", new=row) for row in self.rows.values()]
        self._store([row_change(self.relation, "S"), *rows], "baseline")

    def _leave(self) -> None:
        if self.captured:
            self.captured = False
            self._store([row_change(self.relation, "E")], "resync")

    def _gap(self) -> None:
        """One in which the first row vanishes and another one changes, as the comparison of the table then finds."""
        if not self.captured:
            return
        declare(self.source, Loss(Gap.Reason.SLOT_GONE, "the slot is gone"))
        found: list[Change] = []
        for place, key in enumerate(list(self.rows)[:2]):
            row = self.rows.pop(key)
            if place:
                self.rows[key] = {**row, self.names[0]: f"g{self.number}"} if self.names else row
                found.append(row_change(self.relation, "U", {}, self.rows[key]))
            else:
                found.append(row_change(self.relation, "D", row))
        self._store(found, "resync")
        self.source.refresh_from_db()
        gap_store.close(self.source, timezone.now(), self.source.position)

    def _commit(self) -> None:
        self._store(self.pending)
        self.pending = []

    def _store(self, changes: list[Change], kind: TransactionKind = "commit") -> None:
        if changes:
            lsn = next(LSN)
            age = YOUNG if self.number >= self.young else OLD
            at = timezone.now() - age + dt.timedelta(milliseconds=lsn)
            store(self.source, [Transaction(lsn * 100, lsn * 100 + 50, at, changes, xid=lsn, kind=kind)])
