"""Points of time series as a replica gives them, and what pages read of them."""

import psycopg
import pytest

from replica.databases.arrow import column_cursor
from replica.series.blocks import SeriesBlocks
from replica.series.reader import read_points
from replica.series.service import series_of
from tests.replica.captured import BARE, FULL, HOSTILE, HOSTILE_SESSION, Captured


def blocks_of(replica: Captured, session: str = FULL) -> SeriesBlocks:
    return series_of(replica.alias, replica.url, session)


def test_points_come_in_order_and_without_those_that_have_no_place(own_replica: Captured) -> None:
    own_replica.execute(f"INSERT INTO session_timeseries VALUES ('{FULL}', 'late', 'Late', 'ms', NULL)")
    own_replica.execute(
        "INSERT INTO session_timeseries_data VALUES"
        f" ('{FULL}', 'late', 5, 1), ('{FULL}', 'late', 2, NULL), ('{FULL}', 'late', 'NaN', 8),"
        f" ('{FULL}', 'late', '-Infinity', 8), ('{FULL}', 'late', 1, 3), ('{FULL}', 'late', 5, 2),"
        f" ('{FULL}', 'late', 4, 'Infinity')"
    )
    points = blocks_of(own_replica)["late"].points
    assert points.x.tolist() == [1, 5, 5]
    assert points.y.tolist() == [3, 1, 2]
    assert points.gaps.tolist() == [1]


def test_x_is_in_ms_of_the_session_whatever_its_unit(captured_replica: Captured) -> None:
    points = blocks_of(captured_replica)["net_cpu"].points
    assert (points.x[1], points.x[-1]) == (100, 10_000)


@pytest.mark.parametrize("type_", ["real", "numeric", "bigint"])
def test_columns_of_other_types_are_read(own_replica: Captured, type_: str) -> None:
    own_replica.execute(
        f"DELETE FROM session_timeseries_data WHERE y_value IN ('NaN', 'Infinity');"
        f"ALTER TABLE session_timeseries_data ALTER x_value TYPE {type_}, ALTER y_value TYPE {type_}"
    )
    extremes = blocks_of(own_replica)["memory_used"].extremes(0, 20_000)
    assert extremes is not None
    assert [round(value) for value in extremes] == [80, 900]


def test_a_session_without_series_has_no_blocks(captured_replica: Captured) -> None:
    assert blocks_of(captured_replica, BARE) == {}


def test_a_key_is_only_text_to_the_reader_of_points(captured_replica: Captured) -> None:
    with column_cursor(captured_replica.url, 10) as cursor:
        x, _ = read_points(cursor, HOSTILE_SESSION, f"k {HOSTILE}")
        assert x.tolist() == [0, 5000]
        for key in ("' OR true --", "\\' OR true --", "%(session)s", "k\\"):
            assert len(read_points(cursor, FULL, key)[0]) == 0


@pytest.mark.parametrize(
    "change",
    [
        f"INSERT INTO session_timeseries_data VALUES ('{FULL}', 'heap', 9500, 77)",
        "DELETE FROM session_timeseries_data WHERE timeseries_key = 'heap' AND x_value = 9000",
        f"UPDATE session_timeseries SET x_units = 's' WHERE session_id = '{FULL}' AND timeseries_key = 'heap'",
    ],
)
def test_blocks_follow_what_changes(own_replica: Captured, change: str) -> None:
    before = blocks_of(own_replica)["heap"].points.x.tolist()
    own_replica.execute(change)
    assert blocks_of(own_replica)["heap"].points.x.tolist() != before


def test_blocks_follow_any_change_where_no_index_leads_to_the_ends(own_replica: Captured) -> None:
    own_replica.execute("DROP INDEX session_timeseries_data_by_x")
    assert blocks_of(own_replica)["heap"].extremes(0, 10_000) == (10, 31)
    with psycopg.connect(own_replica.url, autocommit=True) as connection:
        connection.execute("SET stats_fetch_consistency = 'none'")
        connection.execute(
            f"UPDATE session_timeseries_data SET y_value = 77 WHERE session_id = '{FULL}' AND x_value = 300"
        )
        connection.execute("SELECT pg_stat_force_next_flush()")
    assert blocks_of(own_replica)["heap"].extremes(0, 10_000) == (10, 77)


def test_blocks_are_built_once(own_replica: Captured) -> None:
    assert blocks_of(own_replica) is blocks_of(own_replica)
