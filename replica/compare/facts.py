"""What is read of the sessions of both groups. Times are ms; a label's are after its session's start."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ComparedSession:
    """A session of a group; `duration` is None where it has no end.

    What was not recorded is not known; what was recorded, but did not happen, took no time.
    """

    session_id: str
    name: str | None
    duration: float | None
    has_labels: bool = True
    has_exchanges: bool = True
    has_calls: bool = True


@dataclass(frozen=True, slots=True)
class LabelFact:
    session_id: str
    category: str
    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class MeasurementFact:
    session_id: str
    name: str
    unit: str
    value: float


@dataclass(frozen=True, slots=True)
class Window:
    """The time of a label in one session; `label` numbers the labels that are looked into."""

    label: int
    session_id: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class ExchangeFact:
    """An exchange that began within a window."""

    label: int
    session_id: str
    message_id: int | None
    url: str
    ms: float


@dataclass(frozen=True, slots=True)
class CallFact:
    """The time that a method ran within a window, without what it called."""

    label: int
    session_id: str
    name: str
    raw_name: str
    package: str
    ms: float


@dataclass(frozen=True, slots=True)
class SeriesFact:
    """The mean of a series within a window."""

    label: int
    session_id: str
    key: str
    name: str
    unit: str
    value: float


@dataclass(frozen=True, slots=True)
class RowsFact:
    """How many rows of a table were changed in one way, in one session; label: None of the whole session."""

    label: int | None
    session_id: str
    table: str
    kind: str
    count: int
