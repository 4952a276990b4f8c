"""Which record a row refers to by a foreign key, and what a page shows of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from statetrace_ui.history.search.patterns import record_key
from statetrace_ui.history.values import Value
from statetrace_ui.wal.foreign_keys import ForeignKey

Columns = Sequence[dict[str, Any]]  # as `Relation.columns` has them


@dataclass(frozen=True, slots=True)
class Link:
    """The way to a record that a value names. url: of its page as of the moment.

    table, record: its names, as people write them. label: what it was called then; '' where that is not known.
    exists: whether there was such a record, as far as it was looked for.
    """

    url: str
    table: str
    record: str
    label: str = ""
    exists: bool = False


Links = Mapping[str, Sequence[Link]]  # by column


def is_comparable(key: ForeignKey, columns: Columns, others: Columns) -> bool:
    """Whether both tables have the key's columns, stored under the same rules: digests equal digests alone."""
    rules, to = _rules(columns), _rules(others)
    pairs = zip(key.columns, key.to, strict=True)
    return all(own in rules and other in to and rules[own] == to[other] != "exclude" for own, other in pairs)


def referred_values(key: ForeignKey, row: Mapping[str, Value]) -> dict[str, str]:
    """{column of the table that is referred to: its value}; {} where one is NULL, unknown or too long to be whole."""
    values = {other: row.get(own) for own, other in zip(key.columns, key.to, strict=True)}
    known = {name: value for name, value in values.items() if isinstance(value, str)}
    return known if len(known) == len(values) else {}


def key_of_record(values: Mapping[str, str], columns: Columns) -> str:
    """The key of the record with these values, as it is stored; '' where they are not those of the table's key."""
    names = [str(column["name"]) for column in columns if column.get("key")]
    return record_key(values[name] for name in names) if names and values.keys() == set(names) else ""


def is_masked(names: Iterable[str], columns: Columns) -> bool:
    rules = _rules(columns)
    return any(rules.get(name) == "mask" for name in names)


def _rules(columns: Columns) -> dict[str, str]:
    return {str(column["name"]): column.get("rule") or "keep" for column in columns}
