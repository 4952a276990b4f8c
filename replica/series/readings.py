"""Series in a range of the session: thinned for a chart or for a lane, with statistics of every value. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replica.series.blocks import EMPTY, SeriesBlocks
from replica.series.downsampling import Curve

if TYPE_CHECKING:
    from replica.schema.models import SessionTimeseries
    from replica.series.statistics import Summary

CHART_POINTS = 4000  # a series: two for each pixel of a wide screen
ALL_CHART_POINTS = 13_000  # of all series of a chart
OUTLINE_POINTS = 300  # a lane of the session page
ALL_OUTLINE_POINTS = 8_000
LEAST = 32  # of each, however many there are


@dataclass(frozen=True, slots=True)
class Reading:
    """A series in a range: its curve over ms of the session, and statistics of every value in the series' unit."""

    series: SessionTimeseries
    curve: Curve
    summary: Summary | None

    @property
    def shown(self) -> int:
        return self.curve.shown

    @property
    def total(self) -> int:
        return self.curve.total

    @property
    def thinned(self) -> bool:
        return self.shown < self.total


def readings(blocks: SeriesBlocks, chosen: Sequence[SessionTimeseries], first: float, last: float) -> list[Reading]:
    """Each of the series from `first` to `last`, in ms of the session."""
    limit = _share(CHART_POINTS, ALL_CHART_POINTS, len(chosen))
    found = [(one, blocks.get(one.timeseries_key, EMPTY)) for one in chosen]
    return [Reading(one, stored.curve(first, last, limit), stored.summary(first, last)) for one, stored in found]


def outlines(blocks: SeriesBlocks, first: float, last: float) -> dict[str, Curve]:
    """The outline of each series, by its key."""
    limit = _share(OUTLINE_POINTS, ALL_OUTLINE_POINTS, len(blocks))
    return {key: stored.curve(first, last, limit) for key, stored in blocks.items()}


def _share(most: int, all_most: int, number: int) -> int:
    return max(LEAST, min(most, all_most // max(number, 1)))
