"""How long methods ran within windows, without what they called: whole columns at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
LARGEST = 2**62  # of a combination of values


@dataclass(frozen=True, slots=True)
class CallColumns:
    """Calls that are partly within a window, which each names by its number; ids are unique in a thread of a process.

    us: how much of the call lies in the window. parent: `no_parent` where it has none.
    """

    window: Ints
    process: Ints
    thread: Ints
    id: Ints
    parent: Ints
    method: Ints
    us: Floats
    has_parent: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.us)


@dataclass(frozen=True, slots=True)
class SelfTime:
    """The time of one method in one window."""

    window: int
    process: int
    method: int
    ms: float


def self_times(calls: CallColumns, least_ms: Floats) -> list[SelfTime]:
    """The parts of a method's calls in a window, less those of their children. least_ms: what is told, by window."""
    if not len(calls):
        return []
    slot, first = _numbers(calls.window, calls.process, calls.method)
    spent = np.bincount(slot, calls.us)
    child, parent = _pairs(calls)
    spent -= np.bincount(slot[parent], calls.us[child], minlength=len(spent))
    told = np.flatnonzero(spent >= np.maximum(1000 * least_ms[calls.window[first]], 1))
    return [
        SelfTime(int(calls.window[row]), int(calls.process[row]), int(calls.method[row]), float(spent[number]) / 1000)
        for number, row in zip(told.tolist(), first[told].tolist(), strict=True)
    ]


def _numbers(*columns: Ints) -> tuple[Ints, Ints]:
    """The number of each row's combination of values, and a row that has the combination, by number."""
    _, first, number = np.unique(_combined(*columns), return_index=True, return_inverse=True)
    return number, first


def _combined(*columns: Ints) -> Ints:
    """One integer a row for the combination of its values."""
    result, most = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        code, size = _codes(column)
        if most * size > LARGEST:
            values, result = np.unique(result, return_inverse=True)
            most = len(values)
        result, most = result * size + code, most * size
    return result


def _codes(column: Ints) -> tuple[Ints, int]:
    """The values as integers from 0, and how many those can be; sorting is needed only where they lie far apart."""
    low, high = int(column.min()), int(column.max())
    if high - low < 4 * len(column):
        return column - low, high - low + 1
    values, code = np.unique(column, return_inverse=True)
    return code, len(values)


def _pairs(calls: CallColumns) -> tuple[Ints, Ints]:
    """The rows of calls whose parents are there, and the rows of these."""
    thread = _combined(calls.window, calls.process, calls.thread)
    ids = np.concatenate([calls.id, calls.parent])
    own, wanted = np.split(_combined(np.tile(thread, 2), ids), 2)
    order = np.argsort(own, kind="stable")
    place = np.minimum(np.searchsorted(own, wanted, sorter=order), len(own) - 1)
    found = order[place]
    child = np.flatnonzero((own[found] == wanted) & calls.has_parent)
    return child, found[child]
