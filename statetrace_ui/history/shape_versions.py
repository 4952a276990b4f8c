"""What changed from one version of a table's shape to the next. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Difference(StrEnum):
    ADDED = "added"
    DROPPED = "dropped"
    RETYPED = "another type"
    KEYED = "now part of the key"
    UNKEYED = "no longer part of the key"


@dataclass(frozen=True, slots=True)
class ColumnDifference:
    """before, now: the column's types, '' where it was or is not there."""

    name: str
    kind: Difference
    before: str = ""
    now: str = ""


def column_differences(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[ColumnDifference]:
    """before, now: columns as `Relation.columns` has them. A renamed column is one that was dropped and one added."""
    old, new = ({str(column["name"]): column for column in columns} for columns in (before, now))
    found = [ColumnDifference(name, Difference.DROPPED, old[name]["type"]) for name in old if name not in new]
    for name, column in new.items():
        if name not in old:
            found.append(ColumnDifference(name, Difference.ADDED, now=column["type"]))
            continue
        if column["type"] != old[name]["type"]:
            found.append(ColumnDifference(name, Difference.RETYPED, old[name]["type"], column["type"]))
        if bool(column.get("key")) != bool(old[name].get("key")):
            kind = Difference.KEYED if column.get("key") else Difference.UNKEYED
            found.append(ColumnDifference(name, kind, column["type"], column["type"]))
    return found
