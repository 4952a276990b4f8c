"""Level of detail: calls too narrow to see are merged into runs that still add up. Pure numpy.

Level L has bins of 2^L µs. A call at least a bin long stays as it is; shorter neighbours of a lane merge into a *run*.
At every level the calls, their time and their CPU time are conserved.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from replica.profiles.calls import Array, Calls, narrow

FIRST_LEVEL, STEP = 8, 2
TILE_BINS = 1024  # bins of a tile; a power of 2
RUN_BINS_SHIFT = 3  # a run ends at every 8th bin, so that a busy lane still shows where its work is
CHUNK_ROWS = 1 << 20
MOST_COARSER = 6  # levels; beyond them a run could cross the edge of its tile


@dataclass(slots=True)
class Items:
    """Calls and runs in drawing order; lanes by `offsets` as in `Calls`. Times in µs.

    `width` reaches from the first start to the last end, `total` is the time inside calls, `longest` the duration of
    the longest one and `method` its method. An item with one call is that call, exactly.
    """

    start: Array
    width: Array
    calls: Array
    total: Array
    cpu: Array
    longest: Array
    method: Array
    offsets: Array


COLUMNS = tuple(field.name for field in fields(Items) if field.name != "offsets")


def items_of_calls(calls: Calls) -> Items:
    """Each call as an item of its own."""
    ones = np.broadcast_to(np.int32(1), calls.start.shape)
    return Items(
        start=calls.start,
        width=calls.duration,
        calls=ones,
        total=calls.duration,
        cpu=calls.cpu,
        longest=calls.duration,
        method=calls.method,
        offsets=calls.offsets,
    )


def levels(extent: int) -> range:
    """The levels kept for a profile of `extent` µs: the last one fits a single tile."""
    top = FIRST_LEVEL
    while extent >> top >= TILE_BINS:
        top += STEP
    return range(FIRST_LEVEL, top + 1, STEP)


def pyramid(calls: Calls) -> Iterator[tuple[int, Items]]:
    """Each level with its items, finest first, every level made from the one before."""
    items = items_of_calls(calls)
    for level in levels(calls.extent):
        items = coarsen(items, level)
        yield level, items


def coarsen(items: Items, level: int) -> Items:
    """Merge items shorter than 2^level µs. Takes whole lanes, about a million items at a time, to save memory."""
    parts = [_coarsen(part, level) for part in _chunks(items)]
    columns = {name: narrow(np.concatenate([getattr(part, name) for part in parts])) for name in COLUMNS}
    counts = np.concatenate([np.diff(part.offsets) for part in parts])
    return Items(**columns, offsets=np.concatenate(([0], np.cumsum(counts))))


def limit_items(items: Items, level: int, most: int) -> Items:
    """Merge the most crowded lanes further, of equals the deepest, until at most `most` items are left.

    More may be left: lanes are merged by no more than `MOST_COARSER` levels.
    """
    for coarser in range(level + STEP, level + MOST_COARSER + 1, STEP):
        if len(items.start) <= most:
            break
        coarse = coarsen(items, coarser)
        counts = np.diff(items.offsets)
        order = np.argsort(counts, kind="stable")[::-1]
        saved = np.cumsum((counts - np.diff(coarse.offsets))[order])
        crowded = np.zeros(len(counts), bool)
        crowded[order[: np.searchsorted(saved, len(items.start) - most) + 1]] = True
        items = _replace_lanes(items, coarse, crowded)
    return items


def _replace_lanes(fine: Items, coarse: Items, crowded: Array) -> Items:
    """The crowded lanes from `coarse`, the others from `fine`."""
    sizes = [np.diff(items.offsets) for items in (fine, coarse)]
    lanes = np.arange(len(crowded))
    taken = [np.repeat(mask, counts) for mask, counts in zip((~crowded, crowded), sizes, strict=True)]
    lane = np.concatenate([np.repeat(lanes, counts)[rows] for counts, rows in zip(sizes, taken, strict=True)])
    order = np.argsort(lane, kind="stable")
    both = list(zip((fine, coarse), taken, strict=True))
    columns = {name: np.concatenate([getattr(items, name)[rows] for items, rows in both])[order] for name in COLUMNS}
    counts = np.where(crowded, sizes[1], sizes[0])
    return Items(**columns, offsets=np.concatenate(([0], np.cumsum(counts))))


def _chunks(items: Items) -> Iterator[Items]:
    lane, count = 0, len(items.offsets) - 1
    while True:
        low = items.offsets[lane]
        end = int(np.searchsorted(items.offsets, low + CHUNK_ROWS))
        end = min(max(end, lane + 1), count)
        high = items.offsets[end]
        columns = {name: getattr(items, name)[low:high] for name in COLUMNS}
        yield Items(**columns, offsets=items.offsets[lane : end + 1] - low)
        lane = end
        if lane >= count:
            return


def _coarsen(items: Items, level: int) -> Items:
    if not len(items.start):
        return items
    end = items.start.astype(np.int64) + items.width
    first = np.flatnonzero(_breaks(items, end, level))
    sizes = np.diff(np.concatenate((first, [len(end)])))
    start = items.start[first]
    longest = np.maximum.reduceat(items.longest, first)
    return Items(
        start=start,
        width=narrow(np.maximum.reduceat(end, first) - start),
        calls=np.add.reduceat(items.calls, first, dtype=np.int64),
        total=np.add.reduceat(items.total, first, dtype=np.int64),
        cpu=np.add.reduceat(items.cpu, first, dtype=np.int64),
        longest=longest,
        method=items.method[_rows_of_longest(items.longest, longest, sizes)],
        offsets=np.searchsorted(first, items.offsets),
    )


def _breaks(items: Items, end: Array, level: int) -> Array:
    """A mask of the items that begin a new run: at a lane's start, at and after a long call, after an empty bin, and at
    every 8th bin.
    """
    big = (items.calls == 1) & (items.width >= 1 << level)
    first_bin = items.start >> level
    last_bin = np.maximum(end - 1, items.start) >> level
    breaks = np.ones(len(end), bool)
    breaks[1:] = big[1:] | big[:-1] | (first_bin[1:] > last_bin[:-1] + 1)
    breaks[1:] |= first_bin[1:] >> RUN_BINS_SHIFT != first_bin[:-1] >> RUN_BINS_SHIFT
    lanes = items.offsets[:-1]
    breaks[lanes[lanes < len(breaks)]] = True
    return breaks


def _rows_of_longest(longest: Array, longest_of_run: Array, sizes: Array) -> Array:
    """The row of the longest member of each run; of several, the first."""
    rows = np.flatnonzero(longest == np.repeat(longest_of_run, sizes))
    run = np.repeat(np.arange(len(sizes)), sizes)[rows]
    result = np.empty(len(sizes), np.int64)
    result[run[::-1]] = rows[::-1]
    return result
