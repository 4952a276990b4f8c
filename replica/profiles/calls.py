"""Call sites as columns: put in drawing order, linked to their parents, and checked. Pure numpy.

Drawing order is process, thread, depth, start: every (thread, depth) is one contiguous *lane*, sorted by time.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
NO_PARENT = np.iinfo(np.int64).min
KEY_BITS = 63
# Ids that are this dense are looked up in a table, others by binary search.
TABLE_ROWS_PER_CALL = 4


@dataclass(slots=True)
class CallSites:
    """One session's calls as they were read, in any order, one entry a call; times in µs.

    `thread` and `method` are indices into lists that the reader keeps; threads are numbered by (process, thread).
    `parent` is the parent's `id`, unique within the thread only, or NO_PARENT.
    """

    thread: Array
    method: Array
    id: Array
    start: Array
    duration: Array
    cpu: Array
    parent: Array
    depth: Array


@dataclass(slots=True)
class Calls:
    """The same calls in drawing order. `parent` is a row or −1; `lanes` holds one (thread, depth) a lane.

    Lane i is the rows from `offsets[i]` up to `offsets[i + 1]`. `start` counts from `origin`, the first call's start.
    `notes` are sentences about oddities of the data.
    """

    method: Array
    id: Array
    start: Array
    duration: Array
    cpu: Array
    parent: Array
    self_time: Array
    lanes: Array
    offsets: Array
    origin: int
    notes: list[str]

    @property
    def extent(self) -> int:
        """From the first start to the last end, in µs."""
        return int((self.start.astype(np.int64) + self.duration).max(initial=0))


def arrange(sites: CallSites) -> Calls:
    """Order the calls and derive parent rows, self time and lanes. Empties `sites` on the way, to save memory."""
    backwards = int((sites.duration < 0).sum())
    np.maximum(sites.duration, 0, out=sites.duration)
    origin = int(sites.start.min()) if len(sites.start) else 0
    sites.start = sites.start - origin
    order = drawing_order(sites)
    for name in ("thread", "depth", "start", "duration", "id", "parent", "method", "cpu"):
        setattr(sites, name, narrow(getattr(sites, name)[order]))
    del order
    lanes, offsets = lanes_of(sites.thread, sites.depth)
    parent = parent_rows(sites)
    misplaced = remove_misplaced_parents(parent, sites.depth)
    overlaps = count_overlaps(sites.start, sites.duration, offsets)
    return Calls(
        method=sites.method,
        id=sites.id,
        start=sites.start,
        duration=sites.duration,
        cpu=sites.cpu,
        parent=parent,
        self_time=self_times(sites.duration, parent),
        lanes=lanes,
        offsets=offsets,
        origin=origin,
        notes=_notes(len(parent), backwards, misplaced, overlaps),
    )


def drawing_order(sites: CallSites) -> Array:
    """The permutation that sorts by thread, depth, start (≥ 0); of calls that start together the shorter is first."""
    if not len(sites.start):
        return np.zeros(0, np.intp)
    start_bits = int(sites.start.max()).bit_length()
    depth_bits = int(sites.depth.max()).bit_length()
    if start_bits + depth_bits + int(sites.thread.max()).bit_length() > KEY_BITS:
        return np.lexsort((sites.id, sites.duration, sites.start, sites.depth, sites.thread))
    key = sites.thread.astype(np.int64) << depth_bits | sites.depth
    key = key << start_bits | sites.start
    order = np.argsort(key)
    key = key[order]
    same = key[1:] == key[:-1]
    tied = np.zeros(len(key), bool)
    tied[1:] = same
    tied[:-1] |= same
    rows = order[tied]
    order[tied] = rows[np.lexsort((sites.id[rows], sites.duration[rows], key[tied]))]
    return order


def lanes_of(thread: Array, depth: Array) -> tuple[Array, Array]:
    """The lanes of ordered calls: (thread, depth) pairs, shape (n, 2), and their n + 1 offsets."""
    if not len(thread):
        return np.zeros((0, 2), np.int32), np.zeros(1, np.int64)
    changes = np.flatnonzero((thread[1:] != thread[:-1]) | (depth[1:] != depth[:-1])) + 1
    first = np.concatenate(([0], changes))
    offsets = np.concatenate((first, [len(thread)])).astype(np.int64)
    return np.stack((thread[first], depth[first]), axis=1).astype(np.int32), offsets


def parent_rows(sites: CallSites) -> Array:
    """The row of each call's parent, or −1 if it has none, or none that was recorded."""
    result = np.full(len(sites.id), -1, np.int32 if len(sites.id) < 2**31 else np.int64)
    edges = np.flatnonzero(np.diff(sites.thread)) + 1
    for low, high in zip([0, *edges], [*edges, len(sites.id)], strict=True):
        rows = rows_by_id(sites.id[low:high], sites.parent[low:high])
        result[low:high] = np.where(rows >= 0, rows + low, -1)
    return result


def remove_misplaced_parents(parent: Array, depth: Array) -> int:
    """Turn calls whose parent is not above them into roots. Returns their number."""
    children = np.flatnonzero(parent >= 0)
    misplaced = children[depth[parent[children]] >= depth[children]]
    parent[misplaced] = -1
    return len(misplaced)


def rows_by_id(ids: Array, wanted: Array) -> Array:
    """For each wanted id its position in `ids`, or −1."""
    if not len(ids):
        return np.full(len(wanted), -1, np.int64)
    low, high = int(ids.min()), int(ids.max())
    inside = (wanted >= low) & (wanted <= high)
    wanted = np.where(inside, wanted, low)
    if high - low < TABLE_ROWS_PER_CALL * len(ids) + 1024:
        table = np.full(high - low + 1, -1, np.int64)
        table[ids - low] = np.arange(len(ids))
        return np.where(inside, table[wanted - low], -1)
    order = np.argsort(ids)
    place = np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)
    return np.where(inside & (ids[order[place]] == wanted), order[place], -1)


def self_times(duration: Array, parent: Array) -> Array:
    """Each call's time outside its children, never below 0 (clocks round)."""
    children = np.bincount(parent + 1, weights=duration, minlength=len(parent) + 1)[1:]
    return narrow(np.maximum(duration - children.astype(np.int64), 0))


def count_overlaps(start: Array, duration: Array, offsets: Array) -> int:
    """How many calls begin before their left neighbour in the same lane has ended."""
    if len(start) < 2:
        return 0
    early = start[1:] < start[:-1].astype(np.int64) + duration[:-1]
    early[offsets[1:-1] - 1] = False
    return int(early.sum())


def narrow(column: Array) -> Array:
    """The same integers in 32 bits where they fit."""
    if column.dtype.itemsize <= 4 or not len(column):
        return column
    bounds = np.iinfo(np.int32)
    fits = column.min() >= bounds.min and column.max() <= bounds.max
    return column.astype(np.int32) if fits else column


def _notes(count: int, backwards: int, misplaced: int, overlaps: int) -> list[str]:
    notes = []
    if backwards:
        notes.append(f"{backwards:,} of {count:,} calls end before they start; they are shown with no duration.")
    if misplaced:
        notes.append(f"{misplaced:,} of {count:,} calls name a parent that is not above them; they count as roots.")
    if overlaps:
        notes.append(
            f"{overlaps:,} of {count:,} calls overlap a neighbour of the same thread and depth; "
            "where they do, only the one that started last is sure to be seen."
        )
    return notes
