"""Makes tiles: TILE_BINS bins of one thread at one level, out of the blocks, as the bytes that the browser maps.

Layout, little-endian: uint32 × 4 (format, bytes of a time: 4 or 8, items, 0), then flat columns one after another:
start, width, total, cpu, longest (int32, or float64 where µs do not fit), calls, method (uint32), depth (uint16).
Lanes that would give a tile too many items are merged as at coarser levels.
A tile includes items that begin left of it and reach into it. The items of each lane are in order of time.
"""

import math
import struct
import zlib
from itertools import pairwise

import numpy as np

from replica.profiles.blocks import Blocks, Thread
from replica.profiles.calls import Array
from replica.profiles.lod import COLUMNS, FIRST_LEVEL, STEP, TILE_BINS, Items, coarsen, items_of_calls, limit_items

FORMAT = 1
TIMES = ("start", "width", "total", "cpu", "longest")
MOST_ITEMS = 10_000  # the most boxes that a picture draws
USUAL_WIDTH = 1000  # px of a picture on the screen of a laptop or desktop
LEAST_BIN_PX = 0.5  # the least width of a bin at the level that is drawn; the page's config tells the script


def tile_exists(blocks: Blocks, level: int, index: int) -> bool:
    """Whether the profile has that tile: levels go in steps from 0 to the coarsest, tiles from 0 to its end."""
    return level % STEP == 0 and level <= blocks.levels[-1] and 0 <= index <= _last_index(blocks, level)


def first_tiles(blocks: Blocks) -> list[tuple[int, int]]:
    """The (level, index) of the tiles that a picture of usual width draws first: the whole, then its overview."""
    top = blocks.levels[-1]
    exact = math.log2(max(LEAST_BIN_PX * blocks.extent / USUAL_WIDTH, 1))
    level = min(top, STEP * math.ceil(exact / STEP))
    whole = [(level, index) for index in range(_last_index(blocks, level) + 1)]
    return whole if level == top else [*whole, (top, 0)]


def _last_index(blocks: Blocks, level: int) -> int:
    return blocks.extent // (TILE_BINS << level)


def tile_bytes(blocks: Blocks, thread: Thread, level: int, index: int) -> bytes:
    """The tile, compressed by deflate."""
    source = blocks.items(level) if level >= FIRST_LEVEL else items_of_calls(blocks.calls())
    low = (index * TILE_BINS) << level
    high = low + (TILE_BINS << level)
    lanes = slice(*thread.lanes)
    items = items_between(source, lanes, low, high)
    if level < FIRST_LEVEL:
        items = coarsen(items, level)
    items = limit_items(items, level, MOST_ITEMS)
    depths = blocks.column("lanes")[lanes, 1]
    return zlib.compress(encode(items, np.repeat(depths, np.diff(items.offsets))), 1)


def items_between(source: Items, lanes: slice, low: int, high: int) -> Items:
    """The items of some lanes that touch [low, high) µs."""
    rows, counts = rows_between(source, lanes, low, high)
    return Items(
        **{name: np.asarray(getattr(source, name)[rows]) for name in COLUMNS},
        offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
    )


def rows_between(source: Items, lanes: slice, low: int, high: int) -> tuple[Array, list[int]]:
    """The rows of those items, lane by lane, and their number in each lane."""
    # Searching for a value of another type would copy the whole column.
    kind = source.start.dtype
    most = np.iinfo(kind).max
    bounds = np.array([min(low, most), min(high, most)], kind)
    edges = source.offsets[lanes.start : lanes.stop + 1].tolist()
    ranges = [_touching(source, first, last, bounds) for first, last in pairwise(edges)]
    rows = np.concatenate([np.zeros(0, np.int64), *(np.arange(*pair) for pair in ranges)])
    return rows, [end - begin for begin, end in ranges]


def _touching(source: Items, first: int, last: int, bounds: Array) -> tuple[int, int]:
    """The rows of the lane [first, last) that touch the bounds. Items do not overlap, so at most one reaches in."""
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
