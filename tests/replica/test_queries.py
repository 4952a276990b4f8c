"""What the pages read, from a replica that knows nothing but the document's tables."""

import datetime as dt

import pytest

from replica import queries
from replica.databases.arrow import column_cursor
from replica.schema.named_queries import query_text
from replica.series.reading import read_points
from statetrace_ui.web.errors import UserError
from tests.replica.captured import BARE, EMPTY_FLOW, EXCLUDED, FLOW, FULL, HOSTILE, HOSTILE_SESSION, Captured


def test_flows_are_counted_by_status(captured_replica: Captured) -> None:
    used, empty = queries.flows(captured_replica.alias)
    assert (used["sessions"], used["passed"], used["failed"], used["excluded"]) == (4, 2, 1, 1)
    assert used["median_ms"] == 7500  # of 10 s and 5 s: Excluded is left out, and what has no end
    assert used["last_at"] == dt.datetime(2026, 3, 3, 10, tzinfo=dt.UTC)
    assert (empty["user_flow_id"], empty["sessions"], empty["median_ms"]) == (EMPTY_FLOW, 0, None)


def test_holdings_say_what_a_session_has(captured_replica: Captured) -> None:
    held = queries.holdings(captured_replica.alias, [FULL, BARE])
    assert held[FULL] == queries.Holdings(labels=3, series=4, exchanges=3, issues=2, calls=True)
    assert held[BARE] == queries.Holdings(labels=1)


def test_a_session_is_as_long_as_it_says(captured_replica: Captured) -> None:
    assert queries.length_ms(captured_replica.alias, queries.session_or_404(captured_replica.alias, FULL)) == 10_000


def test_a_session_without_an_end_is_as_long_as_what_was_seen(captured_replica: Captured) -> None:
    assert queries.length_ms(captured_replica.alias, queries.session_or_404(captured_replica.alias, BARE)) == 4100


@pytest.mark.parametrize(
    ("table", "values", "length"),
    [
        ("capture_sessions (message_id, url, start_time, session_id)", "1, 'x', '2026-03-02 10:00:07'", 7000),
        (
            "capture_issues (issue_id, impact_id, category, start_time_ms, end_time_ms, session_id)",
            "'i', 'p', 'c', 1, 6000",
            6000,
        ),
        ("function_call_metadata (has_cpu_time, start_time_us, end_time_us, session_id)", "true, 0, 8000000", 8000),
        ("session_timeseries_data (timeseries_key, x_value, y_value, session_id)", "'k', 9000, 1", 9000),
    ],
)
def test_the_last_thing_seen_ends_a_session(own_replica: Captured, table: str, values: str, length: float) -> None:
    own_replica.execute(f"INSERT INTO session_timeseries VALUES ('{BARE}', 'k', 'K', NULL, NULL)")
    own_replica.execute(f"INSERT INTO {table} VALUES ({values}, '{BARE}')")
    assert queries.length_ms(own_replica.alias, queries.session_or_404(own_replica.alias, BARE)) == length


def test_a_session_that_ends_at_its_start_is_as_long_as_what_was_seen(own_replica: Captured) -> None:
    own_replica.execute(f"UPDATE session_metadata SET end_time = start_time WHERE session_id = '{BARE}'")
    assert queries.length_ms(own_replica.alias, queries.session_or_404(own_replica.alias, BARE)) == 4100


def test_filters_narrow_a_flows_sessions(captured_replica: Captured) -> None:
    def found(**filters: object) -> set[str]:
        sessions = queries.flow_sessions(captured_replica.alias, FLOW, filters)
        return {session.session_id for session in sessions}

    assert len(found()) == 4
    assert found(status="Failed") == {BARE}
    assert found(tag=("geo", "Bonn")) == {FULL}
    assert found(since=dt.datetime(2026, 3, 2, tzinfo=dt.UTC)) == {BARE, EXCLUDED}
    assert found(until=dt.datetime(2026, 2, 28, tzinfo=dt.UTC)) == {HOSTILE_SESSION}


def test_series_end_on_the_sessions_axis(captured_replica: Captured) -> None:
    assert sorted(queries.series_ends(captured_replica.alias, FULL)) == [9000, 9999, 10_000]  # one has no points


def test_points_of_a_range_come_in_order(own_replica: Captured) -> None:
    own_replica.execute(
        f"INSERT INTO session_timeseries_data VALUES ('{FULL}', 'late', 5, 1), ('{FULL}', 'late', 2, NULL)"
    )
    with column_cursor(own_replica.url, 10) as cursor:
        x, y = read_points(cursor, FULL, "late", -10, 10)
    assert x.tolist() == [2, 5]
    assert str(y.tolist()) == "[nan, 1.0]"


def test_a_series_without_points_yields_no_points(captured_replica: Captured) -> None:
    with column_cursor(captured_replica.url, 10) as cursor:
        x, y = read_points(cursor, FULL, "memory_used", 20_000, 30_000)
    assert len(x) == len(y) == 0


def test_a_key_is_only_text_to_the_reader_of_points(captured_replica: Captured) -> None:
    with column_cursor(captured_replica.url, 10) as cursor:
        x, _ = read_points(cursor, HOSTILE_SESSION, f"k {HOSTILE}")
        assert x.tolist() == [0, 5000]
        for key in ("' OR true --", "\\' OR true --", "%(session)s", "k\\"):
            assert len(read_points(cursor, FULL, key)[0]) == 0


def test_label_durations_leave_excluded_sessions_and_moments_out(captured_replica: Captured) -> None:
    rows = queries.label_durations(captured_replica.alias, FLOW)
    assert {row["session_id"] for row in rows} == {FULL, BARE, HOSTILE_SESSION}
    assert {row["ms"] for row in rows if row["name"] == "Pay"} == {3250.5, 4000}
    assert "Receipt shown" not in {row["name"] for row in rows}


def test_a_trend_shows_durations_or_a_measurement(captured_replica: Captured) -> None:
    alias = captured_replica.alias
    assert [dot["value"] for dot in queries.trend(alias, FLOW, "")] == [5000, 10_000, 100_000]
    assert [dot["value"] for dot in queries.trend(alias, FLOW, "Time to receipt")] == [4321, 9999]
    assert queries.measurement_names(alias, FLOW) == {"Time to receipt": "ms"}


def test_busy_threads_conserve_calls(captured_replica: Captured) -> None:
    rows = queries.busy_threads(captured_replica.alias, FULL, resolution_ms=5)
    assert sum(row["calls"] for row in rows if row["thread_id"] == 1) == 6000
    assert len(rows) == 1201


def test_a_thread_is_summed_up_in_numbers(captured_replica: Captured) -> None:
    facts = queries.thread_facts(captured_replica.alias, FULL, 7, 2)
    assert (facts["calls"], facts["levels"], facts["wall_us"], facts["cpu_us"]) == (2, 2, 3_000_000, None)


def test_missing_things_are_named(captured_replica: Captured) -> None:
    with pytest.raises(UserError, match="no such session") as caught:
        queries.session_or_404(captured_replica.alias, "nope")
    assert caught.value.status == 404


def test_padded_values_come_without_blanks(captured_replica: Captured) -> None:
    session = queries.session_or_404(captured_replica.alias, FULL)
    assert (session.status, session.device_id) == ("Passed", "R58N")
    assert {row["status"] for row in queries.trend(captured_replica.alias, FLOW, "")} == {"Passed", "Excluded"}


def test_a_named_query_consists_of_sql_alone() -> None:
    assert query_text("flows").startswith("SELECT")
    assert "--" not in query_text("series_points")
