"""Reads a session's series out of a replica: binary COPY → Arrow → numpy, one series after the other."""

from collections.abc import Iterator

import numpy as np

from replica.databases.arrow import Columns, column_cursor
from replica.series.blocks import Raw
from replica.series.points import Floats
from replica.series.units import ms_per_unit

TIMEOUT = 600  # seconds; one statement reads ten million points in a few


def read_series(url: str, session_id: str) -> Iterator[Raw]:
    """Each series of the session in the replica at `url`: its key, x in ms of the session, and y."""
    with column_cursor(url, TIMEOUT) as columns:
        units = columns.table("series_units", session=session_id).to_pylist()
        for key, unit in {row["key"]: row["x_units"] for row in units}.items():
            x, y = read_points(columns, session_id, key)
            yield key, x * ms_per_unit(unit), y


def read_points(columns: Columns, session_id: str, key: str) -> tuple[Floats, Floats]:
    """(x, y) of a series' points in its own units, in no order; NULL comes as NaN."""
    table = columns.table("series_points", session=session_id, key=key)
    return _floats(table["x"]), _floats(table["y"])


def _floats(column: object) -> Floats:
    return np.asarray(column, dtype=np.float64)
