"""The line of a flow's durations: whatever they are, it lies within its frame and says what it shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.flow_trends.sparkline import EDGE, HEIGHT, LEAST_EXTENT, WIDTH, Sparkline, sparkline

ABSURD = st.floats(min_value=-1e300, max_value=1e300)


def places(line: Sparkline | None) -> list[tuple[float, float]]:
    assert line
    return [(float(x), float(y)) for x, y in (point.split(",") for point in line.points.split())]


@given(st.lists(ABSURD, min_size=1, max_size=30), st.none() | ABSURD)
def test_every_point_lies_within_the_frame(durations: list[float], baseline: float | None) -> None:
    line = sparkline(durations, baseline)
    found = places(line)
    assert line
    assert len(found) == len(durations)
    assert found[-1] == line.last
    assert all(EDGE <= x <= WIDTH - EDGE for x, _ in found)
    heights = [y for _, y in found] + ([line.baseline] if line.baseline is not None else [])
    assert all(EDGE <= y <= HEIGHT - EDGE for y in heights)
    assert (line.baseline is None) == (baseline is None)


def test_without_a_duration_there_is_no_line() -> None:
    assert sparkline([]) is None
    assert sparkline([], 10.0) is None


def test_longer_is_higher_and_the_newest_is_at_the_end() -> None:
    (first, low), (_, middle), (last, high) = places(sparkline([1000, 2000, 3000]))
    assert (first, last) == (EDGE, WIDTH - EDGE)
    assert low > middle > high
    assert (low, high) == (HEIGHT - EDGE, EDGE)


def test_what_hardly_differs_does_not_look_like_a_trend() -> None:
    low, high = (y for _, y in places(sparkline([10_000, 10_100])))
    assert 0 < low - high < (HEIGHT - 2 * EDGE) * 0.01 / LEAST_EXTENT + 0.2


def test_one_session_that_hung_does_not_flatten_the_others() -> None:
    found = [y for _, y in places(sparkline([1000, 1500, 1000, 90_000_000, 1500]))]
    assert found[3] == EDGE
    assert found[0] - found[1] > 3


def test_one_session_is_a_dot_in_the_middle_at_the_end() -> None:
    assert places(sparkline([5000])) == [(WIDTH - EDGE, HEIGHT / 2)]
    assert places(sparkline([0])) == [(WIDTH - EDGE, HEIGHT / 2)]


@pytest.mark.parametrize(
    ("durations", "title"),
    [
        ([10_234.0, 11_900.0, 10_900.0], "3 sessions, 10.2 s to 11.9 s"),
        ([412.0], "1 session, 412 ms"),
        ([412.0, 412.3], "2 sessions, 412 ms"),
    ],
)
def test_the_title_says_how_many_and_from_where_to_where(durations: list[float], title: str) -> None:
    line = sparkline(durations)
    assert line
    assert line.title == title
