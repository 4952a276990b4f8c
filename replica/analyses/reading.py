"""Reads a session of the store for the formulas: rows of things, and points only of the series that a formula needs."""

from typing import Any

import numpy as np
from psycopg import Connection
from psycopg.rows import class_row

from replica.analyses.intervals import Interval
from replica.analyses.issues import is_watched
from replica.analyses.measurements import ImpactSpan
from replica.analyses.recorded import Exchange, Floats, Label, Points, Recorded, Series

LENGTH = """
SELECT coalesce(greatest(0, 1000 * extract(epoch FROM end_time - start_time)), 0)::float8
FROM session_metadata WHERE session_id = %s
"""
EXCHANGES = """
SELECT c.message_id, 1000 * extract(epoch FROM c.start_time - s.start_time)::float8 AS start_ms,
       coalesce(c.duration::float8, 1000 * extract(epoch FROM c.end_time - c.start_time)::float8) AS duration_ms,
       c.tcp_connect::float8 AS tcp_connect_ms, c.tls_handshake::float8 AS tls_handshake_ms, c.wait::float8 AS wait_ms,
       c.receive::float8 AS receive_ms, c.status, c.content_type, c.request_size AS request_bytes,
       c.response_size AS response_bytes, c.url
FROM capture_sessions c JOIN session_metadata s USING (session_id)
WHERE c.session_id = %s
ORDER BY c.start_time, c.message_id
"""
LABELS = """
SELECT label_type AS type, start_time AS start_ms, end_time AS end_ms, data, trim(label_group_id) AS group_id
FROM session_labels WHERE session_id = %s ORDER BY start_time, label_id
"""
# Points are counted in the database: there may be millions, and only their number and mean are wanted.
SERIES = """
SELECT t.timeseries_key AS key, t.timeseries_name AS name, coalesce(t.y_units, '') AS y_units,
       count(d.y_value) AS points, avg(d.y_value) AS mean
FROM session_timeseries t
LEFT JOIN session_timeseries_data d ON d.session_id = t.session_id AND d.timeseries_key = t.timeseries_key
    AND d.y_value < 'Infinity' AND d.y_value > '-Infinity'
WHERE t.session_id = %s
GROUP BY t.timeseries_key, t.timeseries_name, t.y_units
ORDER BY t.timeseries_key
"""
POINTS = """
SELECT x_value, y_value FROM session_timeseries_data
WHERE session_id = %s AND timeseries_key = %s AND x_value BETWEEN %s AND %s
    AND y_value < 'Infinity' AND y_value > '-Infinity'
ORDER BY x_value
"""
CALLS = "SELECT count(*) FROM function_call_site WHERE session_id = %s"
IMPACTS = """
SELECT category, start_time_ms::float8 AS start_ms, end_time_ms::float8 AS end_ms, reference
FROM capture_issues WHERE session_id = %s
"""


def recorded(connection: Connection[Any], session_id: str) -> Recorded:
    """The session, which is in the store."""
    series = _rows(connection, Series, SERIES, session_id)
    watched = {one.key: points(connection, session_id, one.key) for one in series if is_watched(one)}
    return Recorded(
        length_ms=_value(connection, LENGTH, session_id),
        exchanges=_rows(connection, Exchange, EXCHANGES, session_id),
        labels=_rows(connection, Label, LABELS, session_id),
        series=series,
        points=watched,
        calls=_value(connection, CALLS, session_id),
    )


def points(
    connection: Connection[Any], session_id: str, key: str, first: float = 0.0, last: float = float("inf")
) -> Points:
    """The points of a series from `first` to `last` in ms, both included."""
    rows = connection.execute(POINTS, [session_id, key, first, last]).fetchall()
    both = np.array(rows, dtype=np.float64).reshape(-1, 2)
    return Points(both[:, 0], both[:, 1])


def values_within(connection: Connection[Any], session_id: str, key: str, intervals: tuple[Interval, ...]) -> Floats:
    """The values of a series in intervals that do not overlap."""
    parts = [points(connection, session_id, key, *interval).y for interval in intervals]
    return np.concatenate(parts) if parts else np.empty(0)


def impact_spans(connection: Connection[Any], session_id: str) -> tuple[ImpactSpan, ...]:
    return _rows(connection, ImpactSpan, IMPACTS, session_id)


def _rows(connection: Connection[Any], row_type: type[Any], statement: str, session_id: str) -> tuple[Any, ...]:
    with connection.cursor(row_factory=class_row(row_type)) as cursor:
        return tuple(cursor.execute(statement.encode(), [session_id]).fetchall())


def _value(connection: Connection[Any], statement: str, session_id: str) -> Any:
    row = connection.execute(statement.encode(), [session_id]).fetchone()
    return row[0] if row else 0
