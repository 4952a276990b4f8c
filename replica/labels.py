"""How long labels took: rows, bars and distributions for the pages of labels. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replica.figures.labels import LabelBar, Spread
from replica.series.statistics import summarise
from statetrace_ui.web.timeline import colour_of

if TYPE_CHECKING:
    from replica.queries.labels import LabelDuration
    from replica.schema.models import SessionLabel

Moment = Callable[[str, float, float], str]  # the page that shows a session from a start to an end, in ms


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label as the table shows it: its category's colour, its duration in ms, and the page that shows its time."""

    label: SessionLabel
    colour: int
    ms: float
    href: str


def with_duration(labels: Sequence[SessionLabel]) -> list[SessionLabel]:
    """The labels that mark a stretch of time, not a moment."""
    return [label for label in labels if label.end_time > label.start_time]


def label_row(label: SessionLabel, moment: Moment) -> LabelRow:
    return LabelRow(
        label=label,
        colour=colour_of(label.category or ""),
        ms=label.end_time - label.start_time,
        href=moment(label.session_id, label.start_time, label.end_time),
    )


def longest(labels: Sequence[SessionLabel], count: int) -> list[SessionLabel]:
    """The `count` longest labels, still in order of time."""
    chosen = sorted(labels, key=lambda label: label.start_time - label.end_time)[:count]
    return sorted(chosen, key=lambda label: (label.start_time, -label.end_time))


def label_bar(label: SessionLabel, moment: Moment) -> LabelBar:
    return LabelBar(
        name=label.name,
        category=label.category or "",
        colour=colour_of(label.category or ""),
        start=label.start_time,
        end=label.end_time,
        href=moment(label.session_id, label.start_time, label.end_time),
    )


@dataclass(frozen=True, slots=True)
class Occurrences:
    """What a label of one name took over a flow; `here` are the ms that it took in the session looked at."""

    name: str
    durations: Sequence[LabelDuration]
    here: Sequence[float] = ()


def flow_occurrences(durations: Sequence[LabelDuration]) -> list[Occurrences]:
    """The labels of a flow, the most frequent one first."""
    by_name = _by_name(durations)
    return [Occurrences(name, by_name[name]) for name in sorted(by_name, key=lambda name: -len(by_name[name]))]


def session_occurrences(durations: Sequence[LabelDuration], labels: Sequence[SessionLabel]) -> list[Occurrences]:
    """The same for the names of one session's labels, which may be Excluded and so not among the durations."""
    by_name = _by_name(durations)
    here: dict[str, list[float]] = defaultdict(list)
    for label in labels:
        here[label.name].append(label.end_time - label.start_time)
    return [Occurrences(name, by_name[name], values) for name, values in here.items() if name in by_name]


def _by_name(durations: Sequence[LabelDuration]) -> dict[str, list[LabelDuration]]:
    by_name: dict[str, list[LabelDuration]] = {}
    for duration in durations:
        by_name.setdefault(duration.name, []).append(duration)
    return by_name


def spread_of(label: Occurrences, moment: Moment) -> Spread:
    """The distribution of a label's durations, each of which leads to its moment."""
    values = [duration.ms for duration in label.durations]
    summary = summarise(values)
    if summary is None:
        raise ValueError("a spread needs at least one duration")
    return Spread(
        name=label.name,
        colour=colour_of(label.durations[0].category or ""),
        values=values,
        sessions=[one.session_name or one.session_id for one in label.durations],
        hrefs=[moment(one.session_id, one.start_time, one.start_time + one.ms) for one in label.durations],
        summary=summary,
        here=label.here,
    )
