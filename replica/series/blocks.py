"""A session's series on our own disk: a memory-mapped file for each column, in which series follow one another.

`index.json` says of each series how many entries of each column are its own.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray

from replica.blocks import folders
from replica.series.downsampling import Curve, downsample, rows_between
from replica.series.points import Points, arranged
from replica.series.ranks import sorted_chunks, summary_of
from replica.series.statistics import Summary
from replica.series.summits import Summits, extremes, summits_of

FORMAT = 1  # part of every version: blocks written by another format are rebuilt
COLUMNS = {
    "x": "f8",
    "y": "f8",
    "chunks": "f8",
    "gaps": "i8",
    "low": "f8",
    "high": "f8",
    "low_at": "u1",
    "high_at": "u1",
}
Array = NDArray[Any]
Raw = tuple[str, Array, Array]  # a series' key, its x in ms of the session and its y, in any order


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """One series: its points, and what was made of them ahead."""

    points: Points
    summits: Summits
    chunks: Array

    def curve(self, first: float, last: float, limit: int) -> Curve:
        return downsample(self.points, self.summits, first, last, limit)

    def summary(self, first: float, last: float) -> Summary | None:
        return summary_of(self.points.y, self.chunks, *rows_between(self.points.x, first, last))

    def extremes(self, first: float, last: float) -> tuple[float, float] | None:
        """The least and the greatest value of a range; None where it has none."""
        low, high = rows_between(self.points.x, first, last)
        return extremes(self.points.y, self.summits, low, high) if low < high else None


def prepared(x: Array, y: Array) -> StoredSeries:
    """What is stored of a series, in memory."""
    points = arranged(x, y)
    return StoredSeries(points, summits_of(points.y), sorted_chunks(points.y))


EMPTY = prepared(np.empty(0), np.empty(0))
SeriesBlocks = Mapping[str, StoredSeries]  # by key


def open_series(folder: Path, build: Callable[[], Iterable[Raw]]) -> SeriesBlocks:
    """The series in `folder`, built if it does not exist: one after the other, so that memory holds one."""
    folders.ensure(folder, lambda made: write(made, build()))
    return _load(folder)


def write(folder: Path, series: Iterable[Raw]) -> None:
    """Write all columns, and at last the index."""
    files = {name: (folder / name).open("wb") for name in COLUMNS}
    try:
        with ThreadPoolExecutor(1, "chunks") as beside:
            index = {key: _append(files, x, y, beside) for key, x, y in series}
    finally:
        for file in files.values():
            file.close()
    (folder / folders.INDEX).write_bytes(orjson.dumps(index))


def _append(files: Mapping[str, BinaryIO], x: Array, y: Array, beside: Executor) -> dict[str, Any]:
    """Writes what `prepared` makes; sorting, which takes longest, goes on beside the rest."""
    points = arranged(x, y)
    chunks = beside.submit(sorted_chunks, points.y)
    counts: dict[str, Any] = {"regular": points.regular}
    for part in (points, summits_of(points.y)):
        columns = {name: getattr(part, name) for name in type(part).__dataclass_fields__ if name in COLUMNS}
        counts |= {name: _written(files[name], name, column) for name, column in columns.items()}
    return counts | {"chunks": _written(files["chunks"], "chunks", chunks.result())}


def _written(file: BinaryIO, name: str, column: Array) -> int:
    column.astype(COLUMNS[name], copy=False).tofile(file)
    return len(column)


@lru_cache(maxsize=32)
def _load(folder: Path) -> SeriesBlocks:
    index = orjson.loads((folder / folders.INDEX).read_bytes())
    columns = {name: _mapped(folder / name, dtype) for name, dtype in COLUMNS.items()}
    begins = dict.fromkeys(COLUMNS, 0)
    result = {}
    for key, counts in index.items():
        part = {name: columns[name][begins[name] : begins[name] + counts[name]] for name in COLUMNS}
        begins = {name: begins[name] + counts[name] for name in COLUMNS}
        result[key] = _stored(part, counts["regular"])
    return result


def _mapped(file: Path, dtype: str) -> Array:
    if not file.stat().st_size:
        return np.empty(0, dtype)
    return np.memmap(file, dtype, mode="r").view(np.ndarray)


def _stored(part: Mapping[str, Array], regular: bool) -> StoredSeries:
    return StoredSeries(
        points=Points(part["x"], part["y"], part["gaps"], regular),
        summits=Summits(part["low"], part["high"], part["low_at"], part["high_at"]),
        chunks=part["chunks"],
    )
