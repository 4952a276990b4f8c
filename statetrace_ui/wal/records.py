"""The stream's records: committed transactions with their row changes, and their lossless JSON form for recordings."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import orjson

from statetrace_ui.wal import row_limit
from statetrace_ui.wal.masking import Masker

Row = dict[str, str | None]
# What capture does with the values of a column: they are kept, replaced by keyed digests, or dropped.
Rule = Literal["keep", "mask", "exclude"]
# Insert, update, delete, truncate; B: a row found by a baseline. Of a whole table: S: a baseline of it begins, so that
# nothing known before counts; A: its columns were found altered; E: it left capture, and what it holds is not known.
# Of the whole source: G: a gap.
ChangeKind = Literal["I", "U", "D", "T", "B", "S", "A", "E", "G"]
TABLE_KINDS = "TSAEG"  # the kinds that concern no single row
# resync: differences between what history knew of tables and what they were found to hold.
TransactionKind = Literal["commit", "baseline", "resync", "gap"]
# An entry of PostgreSQL's index holds some 2,700 bytes; a longer key would be refused, and capture would stand still.
MOST_KEY_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class Column:
    """type: as PostgreSQL's format_type() writes it, e.g. "numeric(10,2)"."""

    name: str
    type: str
    key: bool
    rule: Rule = "keep"

    def as_json(self) -> dict[str, Any]:
        """The rule is left out where values are kept, as in shapes that were stored before there were rules."""
        data = asdict(self)
        if self.rule == "keep":
            del data["rule"]
        return data


@dataclass(frozen=True)
class Relation:
    """The shape of an audited table. replica_identity: d(efault), n(othing), f(ull), i(ndex).

    masker: what acts on values by the columns' rules; None where all are kept, or where it was done before.
    stored: whether changes of the table are stored at all.
    """

    oid: int
    schema_name: str
    table_name: str
    replica_identity: str
    columns: tuple[Column, ...]
    masker: Masker | None = field(default=None, compare=False, repr=False)
    stored: bool = field(default=True, compare=False)

    @cached_property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def masked(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.rule == "mask")

    @cached_property
    def excluded(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns if column.rule == "exclude")

    def as_json(self) -> dict[str, Any]:
        return {
            "oid": self.oid,
            "schema_name": self.schema_name,
            "table_name": self.table_name,
            "replica_identity": self.replica_identity,
            "columns": [column.as_json() for column in self.columns],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Relation":
        return cls(**{**data, "columns": tuple(Column(**column) for column in data["columns"])})


# In place of a table where a change concerns the whole source.
NO_TABLE = Relation(0, "", "", "n", ())
# Returns the relation with the rules of its columns, and with what acts on them.
Ruling = Callable[[Relation], Relation]


@dataclass(slots=True)
class Change:
    """One row change, made by `row_change`; values are PostgreSQL's text form.

    old: what was sent of the row before: all of it, its key, or nothing. Columns in `unchanged` were not sent and are
    missing from `new`. record_key: the row's key as `record_key` writes it; old_record_key: the key before, where the
    change altered it. cut: what is known of values of which only the beginning is kept: {"old" or "new": {"column":
    {"bytes": …, "sha256": …}}}; nearly always empty. Of kind A: `new` has the value that every row got in an added
    column, where there is one, and `old` the former names of renamed columns, by their names now.
    """

    relation: Relation
    kind: ChangeKind
    old: Row | None = None
    new: Row | None = None
    unchanged: list[str] = field(default_factory=list)
    record_key: str = ""
    old_record_key: str = ""
    cut: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def characters(self) -> int:
        """The length of all its values together: what it takes of memory."""
        return sum(len(value) for row in (self.old, self.new) if row for value in row.values() if value)

    def as_json(self) -> dict[str, Any]:
        return {
            "relation": self.relation.as_json(),
            "kind": self.kind,
            "old": self.old,
            "new": self.new,
            "unchanged": self.unchanged,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Change":
        return row_change(**{**data, "relation": Relation.from_json(data["relation"])})


@dataclass(slots=True)
class Transaction:
    """A committed transaction, or a baseline. `changes` are in their order; those of a very large one lie on disk."""

    commit_lsn: int
    end_lsn: int
    committed_at: datetime
    changes: Iterable[Change]
    xid: int | None = None
    kind: TransactionKind = "commit"

    def as_json(self) -> dict[str, Any]:
        return {
            "commit_lsn": self.commit_lsn,
            "end_lsn": self.end_lsn,
            "committed_at": self.committed_at.isoformat(),
            "xid": self.xid,
            "kind": self.kind,
            "changes": [change.as_json() for change in self.changes],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Transaction":
        changes = [Change.from_json(change) for change in data["changes"]]
        return cls(**{**data, "committed_at": datetime.fromisoformat(data["committed_at"]), "changes": changes})


def row_change(
    relation: Relation, kind: ChangeKind, old: Row | None = None, new: Row | None = None, unchanged: Sequence[str] = ()
) -> Change:
    """The change with its keys. Every change, of the stream and of a baseline, is made here and nowhere else.

    Rules for columns act here: before a key is taken of the values, and before anything is spilled, stored or logged.
    """
    if kind in TABLE_KINDS:
        return Change(relation, kind, old, new)
    if relation.masker:
        mask = relation.masker.mask
        old, new = ruled_row(relation, old, mask), ruled_row(relation, new, mask)
        unchanged = [name for name in unchanged if name not in relation.excluded]
    before, after = record_key(relation, old), record_key(relation, new)
    former = before if after and before != after else ""
    old, new = old and row_limit.limit_row(old), new and row_limit.limit_row(new)
    cut = {side: marks for side, row in (("old", old), ("new", new)) if (marks := row_limit.marks(row))}
    return Change(relation, kind, old, new, list(unchanged), after or before, former, cut)


def ruled_row(relation: Relation, row: Row | None, mask: Callable[[str], str]) -> Row | None:
    """The row as the relation's rules leave it. A NULL stays one."""
    if row is None:
        return None
    ruled = {name: value for name, value in row.items() if name not in relation.excluded}
    for name in relation.masked:
        value = ruled.get(name)
        if value is not None:
            ruled[name] = mask(row_limit.identity(value))
    return ruled


def record_key(relation: Relation, row: Row | None) -> str:
    """The row's key as a JSON array of texts; '' for a table without a key, or when part of the key was not sent."""
    key = relation.key
    if not key or row is None:
        return ""
    values = [row.get(name) for name in key]
    if None in values:
        return ""
    text = orjson.dumps(values)
    if len(text) > MOST_KEY_BYTES:
        text = orjson.dumps([capped_key(value or "") for value in values])
    if len(text) > MOST_KEY_BYTES:  # of many columns
        text = orjson.dumps([capped_key(text.decode())])
    return text.decode()


def capped_key(value: str) -> str:
    """The value itself if it is short, else its beginning and a digest of all of it: different for each value."""
    if len(value.encode()) <= 100:
        return value
    return f"{value[:25]}…{hashlib.sha256(value.encode()).hexdigest()}"
