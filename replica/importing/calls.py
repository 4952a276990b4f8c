"""Makes nested call sites of entries and exits, or of spans; whole columns at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from replica.importing.bundle import Calls, Ints

NONE = -1


@dataclass(frozen=True)
class Events:
    """Entries and exits in the order they happened in their thread; columns of one length.

    `thread` is an index, `method` counts at entries only, `cpu` is the thread's CPU time or None if not measured.
    """

    thread: Ints
    time: Ints
    method: Ints
    entry: np.ndarray[tuple[int], np.dtype[np.bool_]]
    cpu: Ints | None = None


@dataclass(frozen=True)
class Spans:
    """Calls with their depth (0 at the root), no two of one thread and depth overlapping; `cpu` is −1 if unknown.

    Ordered by thread, and in a thread by entry: a parent comes before its children.
    """

    thread: Ints
    start: Ints
    end: Ints
    method: Ints
    cpu: Ints
    depth: Ints


def pair_events(events: Events) -> Spans:
    """The calls between entries and exits.

    An exit without an entry (the trace began inside of it) is dropped. A call still open ends with its thread's last
    event. An exit closes the innermost call whatever its method: runtimes write one for every frame they unwind.
    """
    order = np.argsort(events.thread, kind="stable")
    thread, entry = events.thread[order], events.entry[order]
    level = _level_before(thread, entry)
    kept = level >= 0
    order, thread, entry, level = order[kept], thread[kept], entry[kept], level[kept]
    # Within one thread and level, entries and exits alternate: each entry's exit is the next row.
    by_level = np.lexsort((np.arange(len(order)), level, thread))
    is_entry = entry[by_level]
    opened = by_level[is_entry]
    closed = _exit_of_each_entry(by_level, is_entry, _last_of_thread(thread))
    back_in_order = np.argsort(opened)
    opened, closed = opened[back_in_order], closed[back_in_order]
    start, end = events.time[order[opened]], events.time[order[closed]]
    cpu = (
        np.full(len(opened), NONE, dtype=np.int64)
        if events.cpu is None
        else np.maximum(events.cpu[order[closed]] - events.cpu[order[opened]], 0)
    )
    return Spans(thread[opened], start, np.maximum(start, end), events.method[order[opened]], cpu, level[opened])


def _level_before(thread: Ints, entry: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Ints:
    """The depth at which each event opens or closes a call; negative for exits without an entry."""
    if not len(thread):
        return np.zeros(0, dtype=np.int64)
    step = np.where(entry, 1, -1)
    first = np.flatnonzero(np.r_[True, thread[1:] != thread[:-1]])
    total = np.cumsum(step)
    base = np.repeat(total[first] - step[first], np.diff(np.r_[first, len(thread)]))
    after = total - base  # entries minus exits so far, in this thread
    lowest = _running_minimum(np.minimum(after, 0), thread)
    # An exit that brings a new minimum has no entry; what follows is counted from there.
    unmatched = ~entry & (lowest < np.r_[0, np.where(thread[1:] == thread[:-1], lowest[:-1], 0)])
    level = after - lowest - entry
    return np.where(unmatched, NONE, level)


def _running_minimum(values: Ints, thread: Ints) -> Ints:
    """The least value so far within each thread; rows are grouped by thread."""
    _, group = np.unique(thread, return_inverse=True)
    span = int(np.abs(values).max(initial=0)) + 1
    # Later threads start lower than earlier ones can reach, so that one pass serves all of them.
    offset = group.astype(np.int64) * -span
    return np.minimum.accumulate(values + offset) - offset


def _last_of_thread(thread: Ints) -> Ints:
    """The position of the last event of each event's thread; rows are grouped by thread."""
    return np.searchsorted(thread, thread, side="right") - 1


def _exit_of_each_entry(by_level: Ints, is_entry: np.ndarray[tuple[int], np.dtype[np.bool_]], last: Ints) -> Ints:
    following = np.append(by_level[1:], 0)
    has_exit = np.append(~is_entry[1:], False)
    return np.where(has_exit, following, last[by_level])[is_entry]


def nest_spans(thread: Ints, start: Ints, end: Ints, method: Ints, cpu: Ints) -> Spans:
    """Gives each span its depth: a span that begins within another is its child.

    A child that reaches beyond its parent (times are rounded to whole µs) is cut at the parent's end. Of spans that
    begin together the longer one is the parent, of equal ones the earlier in the file.
    """
    order = np.lexsort((np.arange(len(start)), start - end, start, thread))
    depth, cut_end = [0] * len(order), [0] * len(order)
    open_ends: list[int] = []
    current = None
    rows = zip(thread[order].tolist(), start[order].tolist(), end[order].tolist(), strict=True)
    for position, (of, begins, ends) in enumerate(rows):
        if of != current:
            current, open_ends = of, []
        while open_ends and open_ends[-1] <= begins:
            open_ends.pop()
        ends = min(ends, open_ends[-1]) if open_ends else ends
        depth[position], cut_end[position] = len(open_ends), ends
        open_ends.append(ends)
    return Spans(
        thread[order],
        start[order],
        np.array(cut_end, dtype=np.int64),
        method[order],
        cpu[order],
        np.array(depth, dtype=np.int64),
    )


def call_sites(spans: Spans, process_ids: Ints, thread_ids: Ints) -> Calls:
    """The call sites of spans; `process_ids[i]` and `thread_ids[i]` name thread index `i`."""
    first = np.searchsorted(spans.thread, spans.thread, side="left")
    ids = np.arange(1, len(spans.thread) + 1) - first
    parent = _parents(spans)
    return Calls(
        process_id=process_ids[spans.thread],
        thread_id=thread_ids[spans.thread],
        method_id=spans.method,
        id=ids,
        start_us=spans.start,
        end_us=spans.end,
        cpu_us=spans.cpu,
        parent_id=np.where(parent >= 0, ids[parent], NONE),
        depth=spans.depth,
    )


def _parents(spans: Spans) -> Ints:
    """The row of each span's parent: the latest before it in its thread, one level up; −1 at the root."""
    count = len(spans.depth)
    levels = int(spans.depth.max(initial=0)) + 1
    position = np.arange(count)
    place = (spans.thread * levels + spans.depth) * count + position
    order = np.argsort(place)
    wanted = place - count
    found = order[np.maximum(np.searchsorted(place[order], wanted) - 1, 0)] if count else position
    return np.where(spans.depth > 0, found, NONE)


def join_calls(parts: Sequence[Calls]) -> Calls:
    """The calls of several threads or processes as one, in the order that `Calls` asks for."""
    columns = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Calls)}
    order = np.lexsort((columns["thread_id"], columns["process_id"]))
    return Calls(**{name: values[order] for name, values in columns.items()})
