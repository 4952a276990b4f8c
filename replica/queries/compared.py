"""What a comparison reads of two groups of sessions: one statement for each kind, however many sessions there are.

Labels and measurements are read whole; exchanges and series only within windows, the times of labels that
moved; `replica.comparisons.calls` reads calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from replica.compare.facts import (
    CallFact,
    ComparedSession,
    ExchangeFact,
    LabelFact,
    MeasurementFact,
    SeriesFact,
    Window,
)
from replica.compare.self_times import SelfTime
from replica.schema.named_queries import rows
from replica.series.units import MS_PER_UNIT
from statetrace_ui.web.errors import UserError

MOST_LABELS, MOST_MEASUREMENTS, MOST_EXCHANGES = 200_000, 100_000, 200_000
MOST_POINTS = 1_000_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Method:
    number: int
    name: str
    raw_name: str
    package: str


@dataclass(frozen=True, slots=True)
class _Points:
    label: int
    session_id: str
    key: str
    name: str
    unit: str
    value: float
    points: int


def compared_sessions(alias: str, session_ids: Sequence[str]) -> list[ComparedSession]:
    """The sessions of these ids that there are, in order of time."""
    return rows(alias, "compared_sessions", ComparedSession, sessions=list(session_ids))


def compared_labels(alias: str, session_ids: Sequence[str]) -> list[LabelFact]:
    return _all("labels", MOST_LABELS, rows(alias, "compared_labels", LabelFact, **_asked(session_ids, MOST_LABELS)))


def compared_measurements(alias: str, session_ids: Sequence[str], derived: str) -> list[MeasurementFact]:
    """derived: what the types of those begin with that say again what the sessions' other rows hold."""
    asked = _asked(session_ids, MOST_MEASUREMENTS) | {"derived": derived}
    found = rows(alias, "compared_measurements", MeasurementFact, **asked)
    return _all("measurements", MOST_MEASUREMENTS, found)


def compared_exchanges(alias: str, windows: Sequence[Window]) -> list[ExchangeFact]:
    found = rows(alias, "compared_exchanges", ExchangeFact, **_within(windows, MOST_EXCHANGES))
    return _all("exchanges", MOST_EXCHANGES, found)


def compared_methods(alias: str, windows: Sequence[Window], times: Sequence[SelfTime]) -> list[CallFact]:
    """The self times, whose windows are these, with the names of their methods."""
    found = rows(
        alias,
        "compared_methods",
        _Method,
        sessions=[windows[time.window].session_id for time in times],
        processes=[time.process for time in times],
        methods=[time.method for time in times],
    )
    return [_call(windows, times[method.number], method) for method in found]


def _call(windows: Sequence[Window], time: SelfTime, method: _Method) -> CallFact:
    window = windows[time.window]
    return CallFact(window.label, window.session_id, method.name, method.raw_name, method.package, time.ms)


def compared_series(alias: str, windows: Sequence[Window]) -> list[SeriesFact] | None:
    """None where there are more points in the windows than are looked at."""
    units = {"units": list(MS_PER_UNIT), "factors": list(MS_PER_UNIT.values())}
    found = rows(alias, "compared_series", _Points, **_within(windows, MOST_POINTS), **units)
    if found and found[0].points > MOST_POINTS:
        return None
    return [SeriesFact(one.label, one.session_id, one.key, one.name, one.unit, one.value) for one in found]


def _asked(session_ids: Sequence[str], most: int) -> dict[str, Any]:
    return {"sessions": list(session_ids), "limit": most + 1}


def _within(windows: Sequence[Window], most: int) -> dict[str, Any]:
    return {
        "labels": [window.label for window in windows],
        "sessions": [window.session_id for window in windows],
        "starts": [window.start for window in windows],
        "ends": [window.end for window in windows],
        "limit": most + 1,
    }


def _all(kind: str, most: int, found: list[T]) -> list[T]:
    """A part of a group would be compared with the whole of another, so there is no answer from a part."""
    if len(found) > most:
        raise UserError(f"These sessions hold more than {most:,} {kind}.", "Compare fewer sessions.", status=400)
    return found
