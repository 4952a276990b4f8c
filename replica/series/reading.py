"""The points of one time series, as columns."""

import numpy as np
from adbc_driver_postgresql import dbapi

from replica.schema.named_queries import literal_text
from replica.series.downsampling import Floats

TIMEOUT = 60  # seconds; one series of five million points takes about five


def read_points(
    cursor: dbapi.Cursor, session_id: str, key: str, first_x: float = -np.inf, last_x: float = np.inf
) -> tuple[Floats, Floats]:
    """(x, y) of the points from `first_x` to `last_x`, in order of x, in the series' own units; NULL comes as NaN."""
    cursor.execute(
        literal_text("series_points", session=session_id, key=key, first_x=float(first_x), last_x=float(last_x))
    )
    points = cursor.fetch_arrow_table()
    return points["x"].to_numpy(), points["y"].to_numpy()
