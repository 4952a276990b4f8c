import numpy as np
from hypothesis import given

from replica.profiles.calls import NO_PARENT, CallSites, arrange, rows_by_id
from tests.replica.profiles.forest import forests, row, sites


@given(forests)
def test_calls_are_ordered_by_thread_depth_and_start(forest: CallSites) -> None:
    calls = arrange(forest)
    for (_, _), low, high in zip(calls.lanes, calls.offsets[:-1], calls.offsets[1:], strict=True):
        assert (np.diff(calls.start[low:high]) >= 0).all()
    assert [tuple(lane) for lane in calls.lanes] == sorted({tuple(lane) for lane in calls.lanes})
    assert calls.offsets[-1] == len(calls.start)


@given(forests)
def test_parents_enclose_their_children_and_self_times_add_up(forest: CallSites) -> None:
    calls = arrange(forest)
    end = calls.start + calls.duration
    children = np.flatnonzero(calls.parent >= 0)
    parents = calls.parent[children]
    assert (calls.start[parents] <= calls.start[children]).all()
    assert (end[children] <= end[parents]).all()
    assert calls.self_time.sum() == calls.duration[calls.parent < 0].sum()
    assert calls.notes == []


def test_order_does_not_depend_on_the_order_of_reading() -> None:
    rows = [row(id=n, start=7 * n % 50 * 100, duration=50) for n in range(50)]
    forwards, backwards = arrange(sites(rows)), arrange(sites(rows[::-1]))
    assert forwards.id.tolist() == backwards.id.tolist()
    assert forwards.origin == 0


def test_the_shorter_of_two_calls_that_start_together_comes_first() -> None:
    rows = [row(id=1, start=10, duration=5), row(id=2, start=10), row(id=3, start=10)]
    calls = arrange(sites(rows))
    assert calls.id.tolist() == [2, 3, 1]
    assert calls.notes == []


def test_starts_count_from_the_first_call() -> None:
    calls = arrange(sites([row(id=1, start=-5_000, duration=10), row(id=2, start=7_000, duration=10)]))
    assert (calls.origin, calls.start.tolist(), calls.extent) == (-5_000, [0, 12_000], 12_010)


def test_times_that_do_not_fit_one_key_are_sorted_too() -> None:
    rows = [row(id=n, start=(n % 2) << 61, depth=n // 2, duration=1) for n in range(8)]
    calls = arrange(sites(rows))
    assert calls.id.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]


def test_overlaps_within_a_lane_are_reported() -> None:
    calls = arrange(sites([row(id=1, duration=10), row(id=2, start=9, duration=10), row(id=3, depth=1, start=5)]))
    assert len(calls.notes) == 1
    assert calls.notes[0].startswith("1 of 3 calls overlap")


def test_calls_that_end_before_they_start_are_reported_and_kept() -> None:
    calls = arrange(sites([row(id=1, start=10, duration=-4)]))
    assert calls.duration.tolist() == [0]
    assert calls.notes[0].startswith("1 of 1 calls end before they start")


def test_a_parent_that_is_not_above_is_reported_and_left_out() -> None:
    calls = arrange(sites([row(id=1, parent=2), row(id=2, start=5)]))
    assert calls.parent.tolist() == [-1, -1]
    assert calls.notes[0].startswith("1 of 2 calls name a parent")


def test_ids_count_within_their_thread() -> None:
    rows = [row(thread=t, id=1, duration=9) for t in (0, 1)]
    rows += [row(thread=t, id=2, parent=1, depth=1, start=1, duration=2) for t in (0, 1)]
    calls = arrange(sites(rows))
    assert calls.parent.tolist() == [-1, 0, -1, 2]
    assert calls.self_time.tolist() == [7, 2, 7, 2]


def test_rows_are_found_by_dense_and_by_scattered_ids() -> None:
    wanted = np.array([4, 5, NO_PARENT, 6])
    assert rows_by_id(np.array([6, 4]), wanted).tolist() == [1, -1, -1, 0]
    assert rows_by_id(np.array([2**60, 4, 6]), wanted).tolist() == [1, -1, -1, 2]


def test_a_session_without_calls_has_no_lanes() -> None:
    calls = arrange(sites([]))
    assert (len(calls.start), calls.lanes.shape, calls.offsets.tolist(), calls.extent) == (0, (0, 2), [0], 0)
