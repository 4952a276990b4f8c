"""How long labels took: rows, bars and distributions for the pages of labels. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from replica.figures.labels import LabelBar, Spread
from statetrace_ui.web.timeline import colour_of

if TYPE_CHECKING:
    from replica.queries.labels import LabelDuration, LabelSpread
    from replica.schema.models import SessionLabel

Moment = Callable[[str, float, float], str]  # the page that shows a session from a start to an end, in ms


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label as the table shows it: its category's colour, its duration in ms, and the page that shows its time."""

    label: SessionLabel
    colour: int
    ms: float
    href: str


def label_row(label: SessionLabel, moment: Moment) -> LabelRow:
    return LabelRow(
        label=label,
        colour=colour_of(label.category or ""),
        ms=label.end_time - label.start_time,
        href=moment(label.session_id, label.start_time, label.end_time),
    )


def label_bar(label: SessionLabel, moment: Moment) -> LabelBar:
    return LabelBar(
        name=label.name,
        category=label.category or "",
        colour=colour_of(label.category or ""),
        start=label.start_time,
        end=label.end_time,
        href=moment(label.session_id, label.start_time, label.end_time),
    )


def spread_of(label: LabelSpread, here: Sequence[float] = ()) -> Spread:
    """How a label's durations are distributed, none of them drawn. `here`: those in the session looked at."""
    colour = colour_of(label.category or "")
    return Spread(label.name, colour, values=(), hrefs=(), sessions=(), summary=label.summary, here=here)


def with_durations(spread: Spread, durations: Sequence[LabelDuration], moment: Moment) -> Spread:
    """The same with durations that are drawn, each of which leads to its moment."""
    return replace(
        spread,
        values=[one.ms for one in durations],
        sessions=[one.session_name or one.session_id for one in durations],
        hrefs=[moment(one.session_id, one.start_time, one.start_time + one.ms) for one in durations],
    )
