"""The points of one time series, straight from PostgreSQL's binary COPY into numpy."""

import numpy as np
from django.db import connections

from replica.named import query_text
from replica.series.downsampling import Floats

HEADER = 19  # signature, flags, length of the header's extension (none)
# A tuple of two float8 that are not NULL always has this shape; the file ends with a field count of -1.
ROW = np.dtype([("fields", ">i2"), ("x_size", ">i4"), ("x", ">f8"), ("y_size", ">i4"), ("y", ">f8")])


def read_points(alias: str, session_id: str, key: str, first_x: float, last_x: float) -> tuple[Floats, Floats]:
    """(x, y) of the points from `first_x` to `last_x`, in order of x, in the series' own units; NULL comes as NaN."""
    parameters = {"session": session_id, "key": key, "first_x": first_x, "last_x": last_x}
    statement = f"COPY ({query_text('series_points')}) TO STDOUT (FORMAT BINARY)"
    with connections[alias].cursor() as cursor, cursor.copy(statement, parameters) as copy:
        data = b"".join(copy)
    points = np.frombuffer(data, ROW, count=(len(data) - HEADER) // ROW.itemsize, offset=HEADER)
    return points["x"].astype(np.float64), points["y"].astype(np.float64)
