"""Merges neighbours on a time axis into runs, as many as a page can show. Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
MOST_ROWS = 6  # in which spans of a lane stand above one another, as in static/js/timeline/model.js


@dataclass(frozen=True, slots=True)
class Marks:
    """What lies on lanes, each from `start` to `end`, in ms; `lane` numbers its lane, `count` is what it stands for."""

    start: Array
    end: Array
    lane: Array
    count: Array

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Runs:
    """Marks and merged neighbours, by lane and time; `row` is the place of the longest one that each stands for."""

    row: Array
    start: Array
    end: Array
    count: Array

    def __len__(self) -> int:
        return len(self.row)

    @property
    def columns(self) -> tuple[Array, Array, Array, Array]:
        return self.row, self.start, self.end, self.count


def marks(start: ArrayLike, end: ArrayLike, lane: ArrayLike | None = None, count: ArrayLike | None = None) -> Marks:
    """Marks that lie on one lane and stand for themselves where nothing else is said."""
    starts = np.array(start, float)
    return Marks(
        start=starts,
        end=np.maximum(starts, np.array(end, float)),
        lane=np.zeros(len(starts), np.int64) if lane is None else np.array(lane, np.int64),
        count=np.ones(len(starts), np.int64) if count is None else np.array(count, np.int64),
    )


def condensed(of: Marks, limit: int, kept: int | None = None) -> Runs:
    """At most `limit` runs: all marks, or runs no coarser than that takes. The mark in place `kept` stays by itself.

    Each lane has one run at least, however many there are.
    """
    lanes = len(np.unique(of.lane))
    extent = float(of.end.max() - of.start.min()) if len(of) else 0.0
    resolution = 0.0
    runs = merged(of, resolution, kept)
    while len(runs) > limit and resolution <= extent:
        resolution = 2 * resolution or extent * lanes / limit
        runs = merged(of, resolution, kept)
    return runs


def merged(of: Marks, resolution: float, kept: int | None = None) -> Runs:
    """Marks no longer than `resolution` ms that start in the same stretch of that length are one; with 0 none are.

    Longer ones stay as they are.
    """
    short = of.end - of.start <= resolution if resolution else np.zeros(len(of), bool)
    if kept is not None:
        short[kept] = False
    begin = of.start.min() if len(of) else 0.0
    stretch = np.where(short, (of.start - begin) // (resolution or 1), np.arange(len(of)) - len(of))
    order = np.lexsort((of.start, stretch, of.lane))
    lane, stretch = of.lane[order], stretch[order]
    first = np.flatnonzero((np.diff(lane, prepend=-1) != 0) | (np.diff(stretch, prepend=np.inf) != 0))
    return _in_order(of, order, first)


def _in_order(of: Marks, order: Array, first: Array) -> Runs:
    """Runs of the marks in `order`, each of which begins at a place in `first`, by lane and time."""
    if not len(first):
        return Runs(order, of.start, of.end, of.count)
    start, end = of.start[order], of.end[order]
    row = order[longest(end - start, first)]
    runs = Runs(row, start[first], np.maximum.reduceat(end, first), np.add.reduceat(of.count[order], first))
    by_time = np.lexsort((runs.start, of.lane[row]))
    return Runs(runs.row[by_time], runs.start[by_time], runs.end[by_time], runs.count[by_time])


def longest(length: Array, first: Array) -> Array:
    """The place of the first of the longest ones of each group; a group begins at each place in `first`."""
    most = np.maximum.reduceat(length, first) if len(first) else length
    places = np.flatnonzero(length == np.repeat(most, np.diff(np.append(first, len(length)))))
    result: Array = places[np.searchsorted(places, first)]
    return result


def rows_needed(of: Marks) -> dict[int, int]:
    """In how many rows the marks of each lane stand so that none overlaps another; at most MOST_ROWS.

    An instant stands beside what ends with it.
    """
    instant = of.end <= of.start
    # At one moment those that end free their rows before others begin, but after instants.
    moment = np.concatenate((of.start, of.end))
    turn = np.concatenate((np.where(instant, 0, 2), np.where(instant, 3, 1)))
    change = np.repeat([1, -1], len(of))
    lane = np.concatenate((of.lane, of.lane))
    order = np.lexsort((turn, moment, lane))
    lane, taken = lane[order], np.cumsum(change[order])  # each lane's changes add up to none
    first = np.flatnonzero(np.diff(lane, prepend=-1))
    most = np.maximum.reduceat(taken, first) if len(first) else taken
    return dict(zip(lane[first].tolist(), np.minimum(most, MOST_ROWS).tolist(), strict=True))
