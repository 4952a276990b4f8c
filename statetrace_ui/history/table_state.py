"""What is known of a row, folded from its changes. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Sent(Generic[V]):
    """What one change of a row sent of it. whole: all of it, so that nothing before it counts."""

    values: Mapping[str, V]
    whole: bool


def completed(last: Mapping[str, V], unsent: Collection[str], before: Iterable["Sent[V] | Marker[V]"]) -> dict[str, V]:
    """The row after its last change, with the values that this change did not send, as far as they are known.

    before: what happened to the row and to its table before, newest first. No more of it is read than is needed.
    """
    steps: list[Sent[V] | Marker[V]] = []
    needed, altered_since = set(unsent), False
    for step in before if needed else ():
        if isinstance(step, Marker):
            if step.kind != "A":
                break
            altered_since = True
            steps.append(step)
            continue
        # Under an alteration a column may have had another name, so that any value may be the one that is needed.
        values = step.values if altered_since else {name: step.values[name] for name in needed & step.values.keys()}
        if values:
            steps.append(Sent(values, step.whole))
            needed -= values.keys()
        if step.whole or not (needed or altered_since):
            break
    return {**_unsent(steps, unsent), **last}


def _unsent(steps: Sequence["Sent[V] | Marker[V]"], unsent: Collection[str]) -> dict[str, V]:
    row: dict[str, V] = {}
    for step in reversed(steps):
        if isinstance(step, Marker):
            row = altered(row, step.names_before, step.values)
        else:
            row |= step.values
    return {name: row[name] for name in unsent if name in row}
