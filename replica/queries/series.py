"""Time series of a session: which there are, and where they end. `replica.series.readings` reads their points."""

from dataclasses import dataclass

from replica.queries.lookup import with_fallbacks
from replica.schema.models import SessionTimeseries
from replica.schema.named_queries import rows
from replica.series.units import ms_per_unit


@dataclass(frozen=True, slots=True)
class _SeriesEnd:
    x_units: str | None
    last_x: float


def series(alias: str, session_id: str) -> list[SessionTimeseries]:
    """The session's series by unit and name."""
    series = SessionTimeseries.objects.using(alias).filter(session_id=session_id)
    in_order = series.order_by("y_units", "timeseries_name", "timeseries_key")
    return [with_fallbacks(one, timeseries_name="timeseries_key") for one in in_order]


def series_ends(alias: str, session_id: str) -> list[float]:
    """Where each series that has points ends, in ms."""
    return [end.last_x * ms_per_unit(end.x_units) for end in rows(alias, "series_ends", _SeriesEnd, session=session_id)]
