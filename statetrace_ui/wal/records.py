"""A source's committed transactions as capture hands them on, and their lossless JSON form to record and replay."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import orjson

Row = dict[str, str | None]
# Insert, update, delete, truncate; B: a row found by a baseline.
ChangeKind = Literal["I", "U", "D", "T", "B"]
TransactionKind = Literal["commit", "baseline"]
# An entry of PostgreSQL's index holds some 2,700 bytes; a longer key would be refused, and capture would stand still.
MOST_KEY_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class Column:
    """type: as PostgreSQL's format_type() writes it, e.g. "numeric(10,2)"."""

    name: str
    type: str
    key: bool


@dataclass(frozen=True)
class Relation:
    """The shape of an audited table. replica_identity: d(efault), n(othing), f(ull), i(ndex)."""

    oid: int
    schema_name: str
    table_name: str
    replica_identity: str
    columns: tuple[Column, ...]

    @cached_property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "columns": [asdict(column) for column in self.columns]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Relation":
        return cls(**{**data, "columns": tuple(Column(**column) for column in data["columns"])})


@dataclass(slots=True)
class Change:
    """One row change; values are PostgreSQL's text form.

    old: what was sent of the row before: all of it, its key, or nothing. Columns in `unchanged` were not sent and are
    missing from `new`.
    """

    relation: Relation
    kind: ChangeKind
    old: Row | None = None
    new: Row | None = None
    unchanged: list[str] = field(default_factory=list)
    record_key: str = ""
    old_record_key: str = ""

    def __post_init__(self) -> None:
        if not self.record_key and self.kind != "T":
            self._find_keys()

    def _find_keys(self) -> None:
        before, after = record_key(self.relation, self.old), record_key(self.relation, self.new)
        self.record_key = after or before
        self.old_record_key = before if after and before != after else ""

    @property
    def characters(self) -> int:
        """How much its values say altogether, for those who bound memory."""
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
        return cls(**{**data, "relation": Relation.from_json(data["relation"])})


@dataclass(slots=True)
class Transaction:
    """A committed transaction, or a baseline. `changes` in their order; of a very large one they are read from disk."""

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


def record_key(relation: Relation, row: Row | None) -> str:
    """The row's key as a JSON array of texts; '' without a key or when part of it was not sent."""
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
    """A short text that names `value` alone: its beginning, and a digest of all of it where it was cut."""
    if len(value.encode()) <= 100:
        return value
    return f"{value[:25]}…{hashlib.sha256(value.encode()).hexdigest()}"
