"""Copies millions of rows from numpy into a table: PostgreSQL's binary COPY format, made of whole blocks of rows.

ADBC would ingest Arrow tables, but only through a connection of its own, and an import is one transaction. It is no
faster, either (0.9 times its time, half of its CPU time): `python -m benchmarks.copying` compares them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection, sql

from replica.importing.bundle import Calls, Series
from replica.importing.progress import Report, ignore_progress

BLOCK = 100_000
REPORTED = 1_000_000  # rows between two lines of progress
HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"


@dataclass(frozen=True)
class NumberColumn:
    """A column of int64 or float64 values; those equal to `null` become NULL, if one is given."""

    name: str
    values: NDArray[Any]
    null: int | None = None


def copy_calls(connection: Connection[Any], session_id: str, calls: Calls, progress: Report = ignore_progress) -> None:
    columns = [
        NumberColumn("process_id", calls.process_id),
        NumberColumn("thread_id", calls.thread_id),
        NumberColumn("method_id", calls.method_id),
        NumberColumn("id", calls.id),
        NumberColumn("start_time_us", calls.start_us),
        NumberColumn("end_time_us", calls.end_us),
        NumberColumn("cpu_time_us", calls.cpu_us, null=-1),
        NumberColumn("parent_call_id", calls.parent_id, null=-1),
        NumberColumn("depth", calls.depth, null=0),
    ]
    _copy(
        connection, "function_call_site", {"session_id": session_id}, columns, _counting("calls", len(calls), progress)
    )


def copy_points(
    connection: Connection[Any], session_id: str, series: Series, progress: Report = ignore_progress
) -> None:
    texts = {"session_id": session_id, "timeseries_key": series.key}
    columns = [NumberColumn("x_value", series.x), NumberColumn("y_value", series.y)]
    count = _counting(f"points of “{series.name}”", len(series.x), progress)
    _copy(connection, "session_timeseries_data", texts, columns, count)


def _counting(things: str, total: int, progress: Report) -> Callable[[int], None]:
    """Takes how many rows were written so far, and reports each million of them."""

    def count(rows: int) -> None:
        if rows % REPORTED == 0 and rows < total:
            progress(f"Writing: {rows:,} of {total:,} {things} …")

    return count


def _copy(
    connection: Connection[Any],
    table: str,
    texts: dict[str, str],
    columns: Sequence[NumberColumn],
    written: Callable[[int], None],
) -> None:
    """COPY rows that begin with the same texts."""
    names = [*texts, *(column.name for column in columns)]
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(HEADER)
        for first in range(0, len(columns[0].values), BLOCK):
            for block in _encoded(list(texts.values()), columns, slice(first, first + BLOCK)):
                copy.write(block)
            written(first + BLOCK)
        copy.write(TRAILER)


def _encoded(texts: list[str], columns: Sequence[NumberColumn], block: slice) -> Iterator[bytes]:
    """Rows as bytes. A NULL takes no room, so rows with the same pattern of NULLs are encoded together."""
    parts = [column.values[block] for column in columns]
    nulls = [
        np.zeros(len(part), dtype=bool) if column.null is None else part == column.null
        for column, part in zip(columns, parts, strict=True)
    ]
    pattern = sum(mask.astype(np.int64) << bit for bit, mask in enumerate(nulls))
    for nulls_here in np.unique(pattern):
        rows = np.flatnonzero(pattern == nulls_here)
        values = [None if nulls_here >> bit & 1 else part[rows] for bit, part in enumerate(parts)]
        yield _encode(texts, values, len(rows))


def _encode(texts: list[str], parts: Sequence[NDArray[Any] | None], count: int) -> bytes:
    """A count of fields, then each field's length (−1: NULL) and bytes, all big-endian."""
    encoded = [text.encode() for text in texts]
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for number, value in enumerate(encoded):
        fields += [(f"text length {number}", ">i4"), (f"text {number}", f"S{len(value)}")]
    for number, part in enumerate(parts):
        fields += [(f"length {number}", ">i4")]
        fields += [] if part is None else [(f"value {number}", f">{part.dtype.kind}8")]
    rows = np.zeros(count, dtype=fields)
    rows["count"] = len(texts) + len(parts)
    for number, value in enumerate(encoded):
        rows[f"text length {number}"], rows[f"text {number}"] = len(value), value
    for number, part in enumerate(parts):
        rows[f"length {number}"] = -1 if part is None else 8
        if part is not None:
            rows[f"value {number}"] = part
    return rows.tobytes()
