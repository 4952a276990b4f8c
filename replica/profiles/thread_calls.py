"""The columns of one thread out of the blocks; call trees and searches work on them."""

from dataclasses import dataclass

import numpy as np

from replica.profiles.blocks import Blocks, Thread
from replica.profiles.calls import Array, self_times


@dataclass(slots=True)
class ThreadCalls:
    """One thread's calls in drawing order. `parent` is a row of these columns or −1; `offsets` bound the lanes.

    `weight` is the time of each call and `own` its time outside its children, wall or CPU, in µs.
    """

    method: Array
    parent: Array
    start: Array
    weight: Array
    own: Array
    offsets: Array


def thread_calls(blocks: Blocks, thread: Thread, weight: str = "wall") -> ThreadCalls:
    """The thread's calls, weighing their "wall" or "cpu" time."""
    offsets = blocks.column("offsets")[thread.lanes[0] : thread.lanes[1] + 1]
    low, high = int(offsets[0]), int(offsets[-1])
    parent = blocks.column("parent")[low:high]
    parent = np.where(parent >= 0, parent - low, -1) if low else parent
    time = blocks.column("cpu" if weight == "cpu" else "duration")[low:high]
    own = blocks.column("self_time")[low:high] if weight == "wall" else self_times(time, parent)
    return ThreadCalls(
        method=blocks.column("method")[low:high],
        parent=parent,
        start=blocks.column("start")[low:high],
        weight=time,
        own=own,
        offsets=offsets - low,
    )
