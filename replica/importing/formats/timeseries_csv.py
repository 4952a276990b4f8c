"""Time series as CSV: the first column is the time in ms, every other column is a series."""

import csv
import io
import re

import numpy as np

from replica.importing.bundle import Bundle, Floats, ImportFailed, Series
from replica.importing.format import Format

# `JS heap [MiB]` or `js_heap (MiB)`
WITH_UNIT = re.compile(r"(?P<name>.*?)\s*(?:\[(?P<square>[^\]]*)\]|\((?P<round>[^)]*)\))\s*$")


def is_timeseries_csv(content: object) -> bool:
    head = content[:65_536] if isinstance(content, bytes) else b""
    return b"," in head.split(b"\n", 1)[0] and b"\x00" not in head


def read_timeseries_csv(content: bytes) -> list[Bundle]:
    """One session; an empty cell is no point. Times are relative to the session's start."""
    try:
        table = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = [row for row in table if row]
    except UnicodeDecodeError as error:
        raise ImportFailed(f"the text is not UTF-8 (byte {error.start:,})") from None
    except csv.Error as error:
        raise ImportFailed(f"line {table.line_num}: {error}") from None
    header, body = rows[0], rows[1:]
    _check(header, body)
    x = _numbers([row[0] for row in body], header[0])
    if np.isnan(x).any():
        raise ImportFailed(f"row {int(np.flatnonzero(np.isnan(x))[0]) + 2}: the time is missing")
    series = (_series(name, x, [row[n] for row in body]) for n, name in enumerate(header) if n)
    return [Bundle(series=tuple(one for one in series if len(one.x)))]


def _check(header: list[str], body: list[list[str]]) -> None:
    if len(header) < 2 or not body:
        raise ImportFailed("the CSV needs a line of names, a column of times, and at least one series with a value")
    keys = [_named(name)[0] for name in header[1:]]
    for number, key in enumerate(keys, 2):
        if not key:
            raise ImportFailed(f"column {number} has no name")
        if key in keys[: number - 2]:
            raise ImportFailed(f"two columns are named “{key}”")
    for number, row in enumerate(body, 2):
        if len(row) != len(header):
            raise ImportFailed(f"row {number} has {len(row)} values, but there are {len(header)} columns")


def _series(column: str, x: Floats, cells: list[str]) -> Series:
    key, name, unit = _named(column)
    y = _numbers(cells, name)
    has_value = np.isfinite(y)
    return Series(key, name, unit, x[has_value], y[has_value])


def _named(column: str) -> tuple[str, str, str | None]:
    """`JS heap [MiB]` → its key `js_heap`, its name `JS heap` and its unit `MiB`."""
    found = WITH_UNIT.fullmatch(column.strip())
    name = found["name"] if found else column.strip()
    unit = (found["square"] or found["round"] or "").strip() if found else ""
    return re.sub(r"\W+", "_", name.lower()).strip("_"), name, unit or None


def _numbers(cells: list[str], column: str) -> Floats:
    """The cells as numbers, NaN for an empty one."""
    values = np.empty(len(cells), dtype=np.float64)
    for row, cell in enumerate(cells):
        try:
            values[row] = float(cell) if cell.strip() else np.nan
        except ValueError:
            raise ImportFailed(f"row {row + 2}: “{cell[:40]}” in column “{column}” is not a number") from None
        if cell.strip() and not np.isfinite(values[row]):
            raise ImportFailed(f"row {row + 2}: “{cell}” in column “{column}” is not a finite number")
    return values


FORMAT = Format("time series", ".csv", is_timeseries_csv, read_timeseries_csv)
