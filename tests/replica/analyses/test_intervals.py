"""The union of intervals, held against counting each millisecond."""

from hypothesis import given
from hypothesis import strategies as st

from replica.analyses.intervals import union, union_within

LENGTH = 50
ENDS = st.integers(-10, 70)
INTERVALS = st.lists(st.tuples(ENDS, ENDS).map(lambda pair: (float(min(pair)), float(max(pair)))))


@given(INTERVALS)
def test_the_union_lies_between_0_and_the_length_and_counts_each_moment_once(
    intervals: list[tuple[float, float]],
) -> None:
    covered = {ms for start, end in intervals for ms in range(int(start), int(end)) if 0 <= ms < LENGTH}
    assert union_within(intervals, LENGTH) == len(covered)


@given(INTERVALS)
def test_a_union_is_in_order_and_without_overlaps(intervals: list[tuple[float, float]]) -> None:
    ends = [moment for interval in union(intervals) for moment in interval]
    assert ends == sorted(ends)
    assert all(end < start for end, start in zip(ends[1::2], ends[2::2], strict=False))


def test_a_session_without_a_length_has_no_impact() -> None:
    assert union_within([(0.0, 10.0)], 0.0) == 0.0
