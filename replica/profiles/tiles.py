"""Cuts one tile, 1,024 bins of one thread at one level, out of the blocks, as the bytes that the browser maps.

Layout, little-endian: uint32 × 4 (format, bytes of a time: 4 or 8, items, 0), then flat columns one after another:
start, width, total, cpu, longest (int32, or float64 where µs do not fit), calls, method (uint32), depth (uint16).
Depths that are too crowded for a tile's items are merged at coarser levels than the tile's own.
Items that begin left of the tile and reach into it are included, those of each lane in order of time.
"""

import math
import struct
import zlib
from itertools import pairwise

import numpy as np

from replica.profiles.blocks import Blocks, Thread
from replica.profiles.calls import Array
from replica.profiles.lod import COLUMNS, FIRST_LEVEL, STEP, TILE_BINS, Items, bounded, coarsen, single

FORMAT = 1
TIMES = ("start", "width", "total", "cpu", "longest")
MOST_ITEMS = 10_000  # as many as a picture has boxes at most
USUAL_WIDTH = 1000  # px of a picture on a laptop's or desktop's screen
LEAST_BIN_PX = 0.5  # px that a bin of the level that is drawn is wide, at least; the page's config tells its script


def tile_exists(blocks: Blocks, level: int, index: int) -> bool:
    """Levels go in steps from 0 to the last kept one; tiles from 0 to the end of the profile."""
    return level % STEP == 0 and level <= blocks.levels[-1] and 0 <= index <= (blocks.extent >> level) // TILE_BINS


def opening(blocks: Blocks) -> list[tuple[int, int]]:
    """The (level, index) of the tiles that a picture of usual width draws first: the whole, and its overview."""
    top = blocks.levels[-1]
    exact = math.log2(max(LEAST_BIN_PX * blocks.extent / USUAL_WIDTH, 1))
    level = min(top, STEP * math.ceil(exact / STEP))
    last = (blocks.extent >> level) // TILE_BINS
    return [*((level, index) for index in range(last + 1)), *([(top, 0)] * (level < top))]


def cut(blocks: Blocks, thread: Thread, level: int, index: int) -> bytes:
    """The tile, compressed by deflate."""
    source = blocks.items(level) if level >= FIRST_LEVEL else single(blocks.calls())
    low = (index * TILE_BINS) << level
    high = low + (TILE_BINS << level)
    lanes = slice(*thread.lanes)
    items = between(source, lanes, low, high)
    if level < FIRST_LEVEL:
        items = coarsen(items, level)
    items = bounded(items, level, MOST_ITEMS)
    depths = blocks.column("lanes")[lanes, 1]
    return zlib.compress(encode(items, np.repeat(depths, np.diff(items.offsets))), 1)


def between(source: Items, lanes: slice, low: int, high: int) -> Items:
    """The items of some lanes that touch [low, high) µs."""
    # Searching with a value of another type would copy the whole column.
    kind = source.start.dtype
    most = np.iinfo(kind).max
    bounds = np.array([min(low, most), min(high, most)], kind)
    edges = source.offsets[lanes.start : lanes.stop + 1].tolist()
    ranges = [_touching(source, first, last, bounds) for first, last in pairwise(edges)]
    rows = np.concatenate([np.zeros(0, np.int64), *(np.arange(*pair) for pair in ranges)])
    counts = [end - begin for begin, end in ranges]
    return Items(
        **{name: np.asarray(getattr(source, name)[rows]) for name in COLUMNS},
        offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
    )


def _touching(source: Items, first: int, last: int, bounds: Array) -> tuple[int, int]:
    """The rows of the lane [first, last) that touch the bounds; its items do not overlap, so one may reach in."""
    begin, end = (first + int(place) for place in np.searchsorted(source.start[first:last], bounds))
    if begin > first and int(source.start[begin - 1]) + int(source.width[begin - 1]) > bounds[0]:
        begin -= 1
    return begin, end


def encode(items: Items, depth: Array) -> bytes:
    """The uncompressed bytes of a tile."""
    wide = any(getattr(items, name).dtype.itemsize > 4 for name in TIMES)
    columns = [getattr(items, name).astype("<f8" if wide else "<i4") for name in TIMES]
    columns += [items.calls.astype("<u4"), items.method.astype("<u4"), depth.astype("<u2")]
    header = struct.pack("<4I", FORMAT, 8 if wide else 4, len(items.start), 0)
    return header + b"".join(column.tobytes() for column in columns)
