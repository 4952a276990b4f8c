"""Entries and exits, or spans, become nested calls: compared with a plain stack on anything hypothesis thinks of."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from replica.importing.bundle import Calls, Ints
from replica.importing.calls import Events, Spans, call_sites, join_calls, nest_spans, pair_events

EVENTS = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 3)), max_size=60)
SPANS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 20)), max_size=40)


def ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def by_stack(rows: list[tuple[int, bool, int]]) -> list[tuple[int, int, int, int]]:
    """(thread, start, end, depth) of every call, as a stack for each thread finds them."""
    stacks: dict[int, list[list[int]]] = {}
    last: dict[int, int] = {}
    found: list[list[int]] = []
    for time, (thread, is_entry, _) in enumerate(rows):
        stack = stacks.setdefault(thread, [])
        last[thread] = time
        if is_entry:
            found.append([thread, time, -1, len(stack)])
            stack.append(found[-1])
        elif stack:
            stack.pop()[2] = time
    return sorted((thread, start, last[thread] if end < 0 else end, depth) for thread, start, end, depth in found)


@given(EVENTS)
def test_pairs_entries_and_exits_as_a_stack_does(rows: list[tuple[int, bool, int]]) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    events = Events(
        thread=ints(list(columns[0])),
        time=np.arange(len(rows)),
        method=ints(list(columns[2])),
        entry=np.array(columns[1], dtype=bool),
    )
    spans = pair_events(events)
    found = zip(spans.thread.tolist(), spans.start.tolist(), spans.end.tolist(), spans.depth.tolist(), strict=True)
    assert list(found) == by_stack(rows)
    assert spans.method.tolist() == [rows[start][2] for start in spans.start.tolist()]


def sites(spans: Spans) -> Calls:
    return call_sites(spans, ints([5, 5, 6]), ints([10, 11, 10]))


@given(SPANS)
def test_spans_never_overlap_within_a_thread_and_depth_and_lie_within_their_parents(
    rows: list[tuple[int, int, int]],
) -> None:
    thread, start, duration = (ints(list(column)) for column in zip(*rows, strict=True)) if rows else (ints([]),) * 3
    calls = sites(nest_spans(thread, start, start + duration, np.zeros_like(start), np.full_like(start, -1)))
    assert len(calls) == len(rows)
    rows_of = zip(
        *(column.tolist() for column in (calls.process_id, calls.thread_id, calls.id, calls.start_us, calls.end_us)),
        *(column.tolist() for column in (calls.parent_id, calls.depth)),
        strict=True,
    )
    known: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    free_from: dict[tuple[int, int, int], int] = {}
    for process, of_thread, number, begins, ends, parent, depth in rows_of:
        assert begins >= free_from.get((process, of_thread, depth), 0)
        free_from[process, of_thread, depth] = ends
        known[process, of_thread, number] = (begins, ends, depth)
        if parent < 0:
            assert depth == 0
        else:
            outer = known[process, of_thread, parent]
            assert outer[0] <= begins <= ends <= outer[1]
            assert depth == outer[2] + 1


def test_the_longer_of_two_spans_that_begin_together_is_the_parent() -> None:
    spans = nest_spans(ints([0, 0]), ints([10, 10]), ints([15, 20]), ints([1, 2]), ints([-1, -1]))
    assert spans.method.tolist() == [2, 1]
    assert spans.depth.tolist() == [0, 1]


def test_a_child_that_reaches_beyond_its_parent_is_cut() -> None:
    spans = nest_spans(ints([0, 0]), ints([10, 15]), ints([20, 21]), ints([1, 2]), ints([-1, -1]))
    assert spans.end.tolist() == [20, 20]


def test_an_exit_without_an_entry_is_dropped() -> None:
    events = Events(ints([0, 0, 0]), ints([1, 2, 3]), ints([9, 8, 8]), np.array([False, True, False]))
    assert pair_events(events).method.tolist() == [8]


def test_joined_calls_are_ordered_by_process_and_thread() -> None:
    one = sites(nest_spans(ints([2]), ints([0]), ints([5]), ints([1]), ints([-1])))
    two = sites(nest_spans(ints([0, 1]), ints([7, 8]), ints([9, 9]), ints([1, 1]), ints([-1, -1])))
    both = join_calls([one, two])
    assert list(zip(both.process_id.tolist(), both.thread_id.tolist(), strict=True)) == [(5, 10), (5, 11), (6, 10)]
