"""Writes the statement that would undo one change, guarded so that it touches no row that has changed since. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from statetrace_ui.history.sql_literals import equals, identifier, literal
from statetrace_ui.history.standings import Side, Standing, Told
from statetrace_ui.history.undo.steps import Step
from statetrace_ui.wal.records import Column

WHOLE_TABLE = {
    "T": "the table was emptied at once: which rows it held is not in the log",
    "A": "the table's columns were altered",
    "B": "it is a row as it was found when its table was read, not a change",
    "S": "it is the beginning of a reading of the table, not a change",
    "E": "the table was dropped, renamed or taken out of capture",
    "G": "it is a gap, in which changes were missed",
}
WORDS = {
    Standing.MASKED: "is masked",
    Standing.CUT: "is too long",
    Standing.ERASED: "was erased",
    Standing.EXCLUDED: "is not captured",
    Standing.NOT_SENT: "was not sent",
}
NO_DIFFERENCE = "it left the row as it was"


class CannotUndo(Exception):
    """The message is a clause that says why."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What becomes of one change. sql: the statement without its end; '' if it cannot be undone, and `why` says why.

    uncompared: clauses that name columns in which a later change would be overlooked.
    """

    step: Step
    sql: str = ""
    why: str = ""
    uncompared: list[str] = field(default_factory=list)


def undo(step: Step) -> Undo:
    try:
        if step.kind not in ("I", "U", "D"):
            raise CannotUndo(WHOLE_TABLE.get(step.kind, "it is no change of a row"))
        return {"I": _delete, "U": _update, "D": _insert}[step.kind](step)
    except CannotUndo as reason:
        return Undo(step, why=str(reason))


def _delete(step: Step) -> Undo:
    conditions, uncompared = _guard(step, step.after)
    return Undo(step, f"DELETE FROM {_table(step)}\n{_where(step, conditions)}", uncompared=uncompared)  # noqa: S608 - quoted


def _update(step: Step) -> Undo:
    settings = [f"{identifier(column.name)} = {value}" for column, value in _put_back(step)]
    if not settings:
        raise CannotUndo(NO_DIFFERENCE)
    conditions, uncompared = _guard(step, step.after)
    sql = f"UPDATE {_table(step)}\n   SET {_listed(settings, 7)}\n{_where(step, conditions)}"  # noqa: S608 - quoted
    return Undo(step, sql, uncompared=uncompared)


def _insert(step: Step) -> Undo:
    for column in step.columns:
        _require(column, step.before.get(column.name, _UNSENT))
    names = ", ".join(identifier(column.name) for column in step.columns)
    values = _listed([literal(step.before[column.name].text, column.type) for column in step.columns], 8)
    # Which columns are identities is not in the log; the clause does nothing where none is.
    sql = f"INSERT INTO {_table(step)} ({names})\nOVERRIDING SYSTEM VALUE\nVALUES ({values})\nON CONFLICT DO NOTHING"
    return Undo(step, sql)


def _put_back(step: Step) -> Iterator[tuple[Column, str]]:
    """(column, literal) of each field that the update changed. Raises CannotUndo if one is not known."""
    for column in step.columns:
        old, new = step.before.get(column.name, _UNSENT), step.after.get(column.name, _UNSENT)
        same = old == new and old.standing in (Standing.KNOWN, Standing.MASKED, Standing.NOT_SENT)
        if same or Standing.EXCLUDED in (old.standing, new.standing):
            continue
        _require(column, old)
        yield column, literal(old.text, column.type)


def _guard(step: Step, row: Side) -> tuple[list[str], list[str]]:
    """The conditions that the row is as the change left it, its key first, and what they leave out."""
    conditions, uncompared = [], []
    for column in sorted(step.columns, key=lambda column: not column.key):
        told = row.get(column.name, _UNSENT)
        if told.standing == Standing.KNOWN:
            conditions.append(equals(column.name, told.text, column.type))
        elif column.key or not step.has_key:
            raise CannotUndo(f"its row cannot be told from others: {column.name} {WORDS[told.standing]}")
        else:
            uncompared.append(f"{column.name} {WORDS[told.standing]}")
    return conditions, uncompared


def _where(step: Step, conditions: list[str]) -> str:
    if step.has_key:
        return f" WHERE {_and(conditions, 3)}"
    # Rows without a key may be alike: one of them is meant. Partitions count their rows each for itself.
    place = f"SELECT tableoid, ctid FROM {_table(step)}\n    WHERE {_and(conditions, 6)}"  # noqa: S608 - quoted
    return f" WHERE (tableoid, ctid) = (\n    {place}\n    LIMIT 1)"


def _require(column: Column, told: Told) -> None:
    if told.standing != Standing.KNOWN:
        raise CannotUndo(f"the value of {column.name} before it is not known: it {WORDS[told.standing]}")


def _table(step: Step) -> str:
    return identifier(step.schema, step.table)


def _and(conditions: list[str], indent: int) -> str:
    return f"\n{' ' * indent}AND ".join(conditions)


def _listed(parts: list[str], indent: int) -> str:
    return f",\n{' ' * indent}".join(parts)


_UNSENT = Told(standing=Standing.NOT_SENT)
