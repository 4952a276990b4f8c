"""Points of time series as a replica gives them."""

from replica.databases.arrow import column_cursor
from replica.series.readings import read_points
from tests.replica.captured import FULL, HOSTILE, HOSTILE_SESSION, Captured


def test_points_of_a_range_come_in_order(own_replica: Captured) -> None:
    own_replica.execute(
        f"INSERT INTO session_timeseries_data VALUES ('{FULL}', 'late', 5, 1), ('{FULL}', 'late', 2, NULL)"
    )
    with column_cursor(own_replica.url, 10) as cursor:
        x, y = read_points(cursor, FULL, "late", -10, 10)
    assert x.tolist() == [2, 5]
    assert str(y.tolist()) == "[nan, 1.0]"


def test_a_range_without_points_is_empty(captured_replica: Captured) -> None:
    with column_cursor(captured_replica.url, 10) as cursor:
        x, y = read_points(cursor, FULL, "memory_used", 20_000, 30_000)
    assert len(x) == len(y) == 0


def test_a_key_is_only_text_to_the_reader_of_points(captured_replica: Captured) -> None:
    with column_cursor(captured_replica.url, 10) as cursor:
        x, _ = read_points(cursor, HOSTILE_SESSION, f"k {HOSTILE}")
        assert x.tolist() == [0, 5000]
        for key in ("' OR true --", "\\' OR true --", "%(session)s", "k\\"):
            assert len(read_points(cursor, FULL, key)[0]) == 0
