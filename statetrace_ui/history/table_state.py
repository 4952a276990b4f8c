"""What is known of a row, folded from its changes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")  # of values: texts or excerpts of them
Names = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Marker(Generic[V]):
    """A change of a whole table: its id, kind, and of an alteration the names before and the values of new columns."""

    id: int
    kind: str
    names_before: Names
    values: Mapping[str, V]


def row_after(row: dict[str, V], since: int, markers: Iterable[Marker[V]]) -> dict[str, V] | None:
    """The row that the change `since` left, after the markers that follow it; None if they ended it.

    markers: in the order of their ids.
    """
    for marker in markers:
        if marker.id <= since:
            continue
        if marker.kind != "A":
            return None
        row = altered(row, marker.names_before, marker.values)
    return row


def altered(row: Mapping[str, V], names_before: Names, values: Mapping[str, V]) -> dict[str, V]:
    """The row with its columns under their names now, and with the values of columns that it lacks."""
    names_now = {before: now for now, before in names_before.items() if before in row}
    kept = {name: value for name, value in row.items() if name not in names_now}
    renamed = {now: row[before] for before, now in names_now.items() if before}
    return {**values, **kept, **renamed}


def differing(known: Mapping[str, V], found: Mapping[str, V], names: Sequence[str]) -> list[str]:
    """The columns in which the known row differs from the row found, or of which it knows nothing."""
    return [name for name in names if name not in known or known[name] != found[name]]
