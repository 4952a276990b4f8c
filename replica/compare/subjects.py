"""Subjects of a comparison, and what is found out about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from statistics import median


class Kind(StrEnum):
    FLOW = "flow"
    LABEL = "label"
    REQUEST = "request"
    CALL = "call"
    SERIES = "series"
    MEASUREMENT = "measurement"
    ROWS = "rows"


class Certainty(IntEnum):
    """How sure a shift is, the surest first."""

    CLEAR = 0
    LIKELY = 1
    CANNOT_TELL = 2
    TOO_FEW = 3

    @property
    def word(self) -> str:
        return {0: "clear", 1: "likely", 2: "cannot tell", 3: "too few to tell"}[self]


@dataclass(frozen=True, slots=True)
class Sample:
    """The value of a subject in one session, and where it is: from `start` to `end` in ms, or an exchange."""

    session_id: str
    value: float
    start: float | None = None
    end: float | None = None
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that sessions of both groups have, with its value in each; `unit` is that of the values.

    place: what tells it from others of its name: a label's category and occurrence, a method's package.
    """

    kind: Kind
    name: str
    base: Sequence[Sample]
    new: Sequence[Sample]
    unit: str = "ms"
    place: str = ""

    @property
    def key(self) -> str:
        """What it is called in addresses."""
        return f"{self.name} · {self.place}" if self.place else self.name

    @property
    def base_values(self) -> list[float]:
        return [sample.value for sample in self.base]

    @property
    def new_values(self) -> list[float]:
        return [sample.value for sample in self.new]


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much the new values lie above those of the base; without an interval where there are too few values."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a comparison says of a subject, and of what is inside it. Without a shift, one side has no value at all.

    p: of its own test. q: the same, corrected for the other tests of its family.
    """

    subject: Subject
    certainty: Certainty
    shift: Shift | None = None
    p: float | None = None
    q: float | None = None
    inside: tuple[Entry, ...] = ()

    @property
    def size(self) -> float:
        return abs(self.shift.value) if self.shift else 0.0

    @property
    def is_clear(self) -> bool:
        return self.certainty == Certainty.CLEAR

    @property
    def presence(self) -> str:
        """“new” or “gone” for what only one of the groups has."""
        base, new = any(self.subject.base_values), any(self.subject.new_values)
        return "" if base == new else "new" if new else "gone"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The flow's own entry, and the entries below it in rank order."""

    flow: Entry
    entries: tuple[Entry, ...]

    @property
    def too_few(self) -> bool:
        return self.flow.certainty == Certainty.TOO_FEW

    @property
    def is_slower(self) -> bool:
        """Whether the flow got slower for sure."""
        return self.flow.is_clear and self.flow.shift is not None and self.flow.shift.value > 0


def typical(samples: Sequence[Sample]) -> Sample | None:
    """The sample in the middle, which is the one to look at; of two, the lower."""
    ranked = sorted(samples, key=lambda sample: (sample.value, sample.session_id))
    return ranked[(len(ranked) - 1) // 2] if ranked else None


def middle(values: Sequence[float]) -> float | None:
    return median(values) if values else None
