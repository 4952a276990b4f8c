"""Time series as CSV: the first column is the time in ms, every other column is a series."""

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from replica.importing.bundle import Bundle, Floats, ImportFailed, Series
from replica.importing.format import Format

MOST_COLUMNS, MOST_POINTS = 1_024, 50_000_000
LONGEST_HEADER = 1 << 20  # bytes
LINE_END = re.compile(rb"\r\n|\r|\n")
EMPTY = [" " * count for count in range(16)] + ["\t"]
NOTHING = "the CSV needs a line of names, a column of times, and at least one series with a value"


def is_timeseries_csv(content: object) -> bool:
    """A line of names, and under it a line that begins with a time, or no line at all."""
    head = content[:65_536] if isinstance(content, bytes) else b""
    names, _, rest = LINE_END.sub(b"\n", head).lstrip(b"\n").partition(b"\n")
    time = rest.lstrip(b"\n").split(b"\n", 1)[0].split(b",", 1)[0].strip(b' \t"')
    return (
        b"," in names and b"\x00" not in head and (not rest.strip() or not time or _is_number(time.decode("latin-1")))
    )


def read_timeseries_csv(content: bytes) -> list[Bundle]:
    """One session; an empty cell is no point. Times are relative to the session's start."""
    header, first = _header(content)
    columns = [_parse_header(name) for name in header]
    _check(header, [key for key, _, _ in columns])
    body = memoryview(content)[first:]
    if first >= len(content) or content[first : first + LONGEST_HEADER].isspace():
        raise ImportFailed(NOTHING)
    try:
        points = _read_points(pa.py_buffer(body), len(header))
    except (pa.ArrowInvalid, _NotFinite) as problem:
        raise ImportFailed(_what_is_wrong(content, header) or f"the CSV cannot be read: {problem}") from None
    series = (Series(*columns[n], *points.of(n)) for n in range(1, len(header)))
    return [Bundle(series=tuple(one for one in series if len(one.x)))]


def _header(content: bytes) -> tuple[list[str], int]:
    """The names of the columns, and where the rows under them begin."""
    head = content[:LONGEST_HEADER]
    if len(content) > LONGEST_HEADER:
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]
    if not head:
        raise ImportFailed("the first line of the CSV is too long to be a line of names")
    table = csv.reader(io.StringIO(_decoded(head), newline=""), strict=True)
    try:
        names = next((row for row in table if row), [])
    except csv.Error as error:
        raise ImportFailed(f"line {table.line_num}: {error}") from None
    ends = LINE_END.finditer(head)
    last = [end.end() for _, end in zip(range(table.line_num), ends, strict=False)]
    return names, last[-1] if len(last) == table.line_num else len(content)


def _decoded(head: bytes) -> str:
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportFailed(f"the text is not UTF-8 (byte {error.start:,})") from None


def _check(header: list[str], keys: list[str]) -> None:
    if len(header) < 2:
        raise ImportFailed(NOTHING)
    if len(header) > MOST_COLUMNS:
        raise ImportFailed(f"the CSV has {len(header):,} columns; at most {MOST_COLUMNS:,} are imported")
    if all(_is_number(name) for name in header):
        raise ImportFailed("the first line holds numbers; it should name the columns")
    known: set[str] = set()
    for number, key in enumerate(keys[1:], 2):
        if not key:
            raise ImportFailed(f"column {number} has no name")
        if key in known:
            raise ImportFailed(f"two columns are named “{key}”")
        known.add(key)


def _parse_header(column: str) -> tuple[str, str, str | None]:
    """`JS heap [MiB]` → its key `js_heap`, its name `JS heap` and its unit `MiB`."""
    name, unit = column.strip(), ""
    for opening, closing in ("[]", "()"):
        before, bracket, inside = name[:-1].rpartition(opening)
        if name.endswith(closing) and bracket:
            name, unit = before.rstrip(), inside.strip()
            break
    return re.sub(r"\W+", "_", name.lower()).strip("_"), name, unit or None


class _NotFinite(Exception):
    """A cell is NaN or infinite."""


@dataclass
class _Points:
    """Pieces of the columns. A column without empty cells shares the pieces of the times instead of copying them."""

    times: list[Floats] = field(default_factory=list)
    x: dict[int, list[Floats]] = field(default_factory=dict)
    y: dict[int, list[Floats]] = field(default_factory=dict)
    count: int = 0
    _all_times: Floats | None = None

    def add(self, number: int, x: Floats, y: Floats) -> None:
        self.count += len(y)
        if self.count > MOST_POINTS:
            raise ImportFailed(f"the CSV holds more than {MOST_POINTS:,} points, which is the most that is imported")
        self.x.setdefault(number, []).append(x)
        self.y.setdefault(number, []).append(y)

    def of(self, number: int) -> tuple[Floats, Floats]:
        """Times and values of a column; its pieces are given up."""
        x, y = self.x.pop(number, []), self.y.pop(number, [])
        is_full = len(x) == len(self.times) and all(a is b for a, b in zip(x, self.times, strict=True))
        return self._whole_times() if is_full else _joined(x), _joined(y)

    def _whole_times(self) -> Floats:
        if self._all_times is None:
            self._all_times = _joined(self.times)
        return self._all_times


def _joined(pieces: list[Floats]) -> Floats:
    return np.concatenate(pieces) if pieces else np.zeros(0)


def _read_points(body: pa.Buffer, columns: int) -> _Points:
    """The cells under the header, in pieces of 1 MiB of text."""
    points, row = _Points(), 2
    for batch in _batches(body, columns):
        times = _finite(batch.column(0))
        if batch.column(0).null_count:
            missing = row + int(np.flatnonzero(~_is_given(batch.column(0)))[0])
            raise ImportFailed(f"row {missing}: the time is missing")
        points.times.append(times)
        for number in range(1, columns):
            column = batch.column(number)
            y = _finite(column)
            if column.null_count:
                given = _is_given(column)
                points.add(number, times[given], y)
            else:
                points.add(number, times, y)
        row += batch.num_rows
    return points


def _batches(body: pa.Buffer, columns: int) -> Iterator[pa.RecordBatch]:
    names = [f"column {number}" for number in range(columns)]
    return iter(
        arrow_csv.open_csv(
            pa.BufferReader(body),
            arrow_csv.ReadOptions(use_threads=False, column_names=names),
            arrow_csv.ParseOptions(),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.float64()), null_values=EMPTY),
        )
    )


def _is_given(column: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return column.is_valid().to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _finite(column: pa.Array) -> Floats:
    """The cells that are not empty."""
    values: Floats = column.drop_null().to_numpy()
    if not np.isfinite(values).all():
        raise _NotFinite
    return values


def _what_is_wrong(content: bytes, header: list[str]) -> str:
    """What keeps the rows from being read, found anew and slowly, for the sake of a sentence that says where it is."""
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    table = csv.reader(text, strict=True)
    try:
        rows = (row for row in table if row)
        next(rows)
        return next((wrong for number, row in enumerate(rows, 2) if (wrong := _wrong_in(number, row, header))), "")
    except UnicodeDecodeError:
        return f"line {table.line_num + 1} or one of the next is not UTF-8"
    except csv.Error as error:
        return f"line {table.line_num}: {error}"


def _wrong_in(number: int, row: list[str], header: list[str]) -> str:
    if len(row) != len(header):
        return f"row {number} has {len(row)} values, but there are {len(header)} columns"
    for name, cell in zip(header, row, strict=True):
        if cell.strip() and not _is_number(cell):
            return f"row {number}: “{cell[:40]}” in column “{_parse_header(name)[1]}” is not a number"
        if cell.strip() and not math.isfinite(float(cell)):
            return f"row {number}: “{cell[:40]}” in column “{_parse_header(name)[1]}” is not a finite number"
    return ""


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.isascii() and "_" not in cell  # Python takes more for a number than other programs do


FORMAT = Format("time series", ".csv", is_timeseries_csv, read_timeseries_csv)
