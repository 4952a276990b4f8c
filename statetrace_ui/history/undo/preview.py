"""Gathers what an undo preview shows: statements, what cannot be undone, and what came after."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from types import SimpleNamespace
from typing import Any

from statetrace_ui.history import queries
from statetrace_ui.history.change_rows import ChangeRow, rows_of
from statetrace_ui.history.models import Change, Session, Source, Transaction
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.excerpts import ON_ITS_PAGE
from statetrace_ui.history.queries.ranges import Places, fetched
from statetrace_ui.history.undo.later import later_changes
from statetrace_ui.history.undo.script import script
from statetrace_ui.history.undo.steps import step_of
from statetrace_ui.history.undo.writer import Undo, undo
from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.web.errors import UserError

MOST_CHANGES = 300
AT_A_TIME = 20  # rows with whole values are large
MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True)
class Preview:
    """undos: in the order in which they are to be done. conflicts: later changes that they leave, newest first."""

    source: Source
    title: str
    undos: list[Undo]
    conflicts: list[ChangeRow]
    more_conflicts: bool
    notes: list[str] = field(default_factory=list)

    @property
    def possible(self) -> list[Undo]:
        return [one for one in self.undos if one.sql]

    @property
    def impossible(self) -> list[Undo]:
        return [one for one in self.undos if not one.sql]

    @property
    def sql(self) -> str:
        count = f"{len(self.conflicts)}{'+' if self.more_conflicts else ''}"
        later = [f"Changes of the same rows or tables that came after: {count}."] if self.conflicts else []
        notes = [*self.notes, *later]
        return script(self.title, self.undos, notes)


def of_change(change: Change) -> Preview:
    title = f"Undo of change {change.pk} of {change.source}"
    beside = change.transaction.change_count - 1
    notes = [f"Its transaction made {beside} more changes, which stay."] if beside > 0 else []
    return _preview(change.source, title, [(change.source_id, change.pk, change.baseline)], notes)


def of_transaction(transaction: Transaction) -> Preview:
    _refuse_above(transaction.change_count)
    number = f"{transaction.xid} at " if transaction.xid is not None else ""
    title = f"Undo of transaction {number}{format_lsn(transaction.commit_lsn)} of {transaction.source}"
    return _preview(transaction.source, title, _all(queries.transaction_places(transaction)))


def of_session(session: Session) -> Preview:
    """Of all its transactions, whatever other sessions took part in them."""
    _refuse_above(session.change_count)
    places = (some for one in queries.session_transactions(session) for some in queries.transaction_places(one))
    notes = ["A transaction that carries actions of several sessions is undone as a whole."]
    return _preview(session.source, f"Undo of session {session.key} of {session.source}", _all(places), notes)


def _all(places: Iterable[Places]) -> Places:
    found: Places = []
    for place in chain.from_iterable(places):
        found.append(place)
        _refuse_above(len(found))
    return found


def _refuse_above(count: int) -> None:
    if count > MOST_CHANGES:
        raise UserError(
            f"This made more than {MOST_CHANGES} changes, the most whose undo is written at once.",
            "Open the transactions or changes in question, and undo them one by one from the newest.",
        )


def _preview(source: Source, title: str, places: Places, notes: Iterable[str] = ()) -> Preview:
    backwards = sorted(places, key=lambda place: -place[1])
    pairs = list(_undos(backwards))
    later, more = later_changes(source, [change for change, _ in pairs])
    return Preview(source, title, [one for _, one in pairs], rows_of(later), more, list(notes))


def _undos(places: Places) -> Iterator[tuple[Change, Undo]]:
    """The changes with their undos. Raises UserError if together they are longer than people review."""
    length = 0
    for start in range(0, len(places), AT_A_TIME):
        some = places[start : start + AT_A_TIME]
        for row in rows_of(fetched(listed_changes(ON_ITS_PAGE), some, AT_A_TIME).rows, ON_ITS_PAGE):
            one = undo(step_of(_whole(row.change), row.earlier, _what(row)))
            length += len(one.sql)
            if length > MOST_CHARACTERS:
                raise UserError(
                    f"The SQL is longer than {MOST_CHARACTERS // 1_000_000} million characters.",
                    "Open the changes in question, and undo them one by one from the newest.",
                )
            yield row.change, one


def _whole(change: Any) -> Any:
    """The change with the values that were read of it; one that is too long counts as one that was cut."""
    cut, values = dict(change.cut or {}), {}
    for side in ("old", "new"):
        read = getattr(change, f"{side}_excerpts")
        values[side] = read and [value["start"] if isinstance(value, dict) else value for value in read]
        long = {
            column["name"]: {"bytes": value["length"]}
            for column, value in zip(change.columns, read or (), strict=False)
            if isinstance(value, dict)
        }
        if long:
            cut[side] = long | cut.get(side, {})
    names = ("id", "kind", "columns", "schema_name", "table_name", "old_absent", "new_absent")
    return SimpleNamespace(**{name: getattr(change, name) for name in names}, **values, cut=cut or None)


def _what(row: ChangeRow) -> str:
    return f"{row.kind.label.lower()} {row.table} {row.record}".strip()
