"""Pairs the labels and threads of two sessions, which have ids of their own. Pure."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from replica.profiles.blocks import Thread


class Label(Protocol):
    """What tells a label from others."""

    label_id: Any
    category: Any
    name: Any


L = TypeVar("L", bound=Label)


def same_label(wanted: str, mine: Sequence[L], others: Sequence[L]) -> tuple[L | None, L | None]:
    """The label with that id, and the other session's with the same category, name and occurrence."""
    label = next((one for one in mine if one.label_id == wanted), None)
    if label is None:
        return None, None
    occurrence = [one.label_id for one in _alike(label, mine)].index(wanted)
    return label, next(iter(_alike(label, others)[occurrence:]), None)


def _alike(label: Label, labels: Sequence[L]) -> list[L]:
    return [one for one in labels if (one.category, one.name) == (label.category, label.name)]


def same_thread(wanted: Thread, mine: Sequence[Thread], others: Sequence[Thread]) -> Thread | None:
    """The other session's thread of the same process and name; of several, the one in the same place."""
    key = wanted.process, wanted.name
    place = [one for one in mine if (one.process, one.name) == key].index(wanted)
    return next(iter([one for one in others if (one.process, one.name) == key][place:]), None)
