"""Time series read from a replica: their points as columns, thinned for a chart or for a lane."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from replica.databases.arrow import Columns, column_cursor
from replica.schema.models import SessionTimeseries
from replica.series.downsampling import Curve, Floats, downsample
from replica.series.statistics import Summary, summarise
from replica.series.units import ms_per_unit

TIMEOUT = 60  # seconds; one series of five million points takes about five
CHART_POINTS = 4000  # a series: two for each pixel of a wide screen
OUTLINE_POINTS = 300  # a lane of the session page


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


def read_range(url: str, series: Iterable[SessionTimeseries], first: float, last: float) -> list[Reading]:
    """Each series of the replica at `url` from `first` to `last`, in ms of the session."""
    with column_cursor(url, TIMEOUT) as columns:
        return [_reading(columns, one, first, last) for one in series]


def _reading(columns: Columns, series: SessionTimeseries, first: float, last: float) -> Reading:
    scale = ms_per_unit(series.x_units)
    x, y = read_points(columns, series.session_id, series.timeseries_key, first / scale, last / scale)
    return Reading(series, downsample(x * scale, y, CHART_POINTS), summarise(y))


def read_outlines(url: str, series: Iterable[SessionTimeseries]) -> dict[str, Curve]:
    """The outline of each series of the replica at `url`, by series key; x in ms of the session."""
    with column_cursor(url, TIMEOUT) as columns:
        return {one.timeseries_key: _outline(columns, one) for one in series}


def _outline(columns: Columns, series: SessionTimeseries) -> Curve:
    x, y = read_points(columns, series.session_id, series.timeseries_key)
    return downsample(x * ms_per_unit(series.x_units), y, OUTLINE_POINTS)


def read_points(
    columns: Columns, session_id: str, key: str, first_x: float = -np.inf, last_x: float = np.inf
) -> tuple[Floats, Floats]:
    """(x, y) of the points from `first_x` to `last_x`, in order of x, in the series' own units; NULL comes as NaN."""
    points = columns.table("series_points", session=session_id, key=key, first_x=float(first_x), last_x=float(last_x))
    return points["x"].to_numpy(), points["y"].to_numpy()
