"""Sessions: what they hold and how long they are, from a replica that knows nothing but the document's tables."""

import pytest

from replica.queries import sessions
from statetrace_ui.web.errors import UserError
from tests.replica.captured import BARE, EXCLUDED, FULL, Captured


def test_holdings_say_what_a_session_has(captured_replica: Captured) -> None:
    held = sessions.holdings(captured_replica.alias, [FULL, BARE])
    assert held[FULL] == sessions.Holdings(labels=3, series=4, exchanges=3, issues=2, calls=True)
    assert held[BARE] == sessions.Holdings(labels=1)


def test_a_session_is_as_long_as_it_says(captured_replica: Captured) -> None:
    assert sessions.length_ms(captured_replica.alias, sessions.session_or_404(captured_replica.alias, FULL)) == 10_000


def test_a_session_without_an_end_is_as_long_as_what_was_seen(captured_replica: Captured) -> None:
    assert sessions.length_ms(captured_replica.alias, sessions.session_or_404(captured_replica.alias, BARE)) == 4100


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
def test_the_last_thing_of_any_kind_sets_the_length(
    own_replica: Captured, table: str, values: str, length: float
) -> None:
    own_replica.execute(f"INSERT INTO session_timeseries VALUES ('{BARE}', 'k', 'K', NULL, NULL)")
    own_replica.execute(f"INSERT INTO {table} VALUES ({values}, '{BARE}')")
    assert sessions.length_ms(own_replica.alias, sessions.session_or_404(own_replica.alias, BARE)) == length


def test_a_session_that_ends_at_its_start_is_as_long_as_what_was_seen(own_replica: Captured) -> None:
    own_replica.execute(f"UPDATE session_metadata SET end_time = start_time WHERE session_id = '{BARE}'")
    assert sessions.length_ms(own_replica.alias, sessions.session_or_404(own_replica.alias, BARE)) == 4100


def test_a_session_that_is_not_there_is_404(captured_replica: Captured) -> None:
    with pytest.raises(UserError, match="no such session") as caught:
        sessions.session_or_404(captured_replica.alias, "nope")
    assert caught.value.status == 404


def test_padded_values_come_without_blanks(captured_replica: Captured) -> None:
    session = sessions.session_or_404(captured_replica.alias, FULL)
    assert (session.status, session.device_id) == ("Passed", "R58N")


def test_the_newest_sessions_of_all_flows_come_first(captured_replica: Captured) -> None:
    newest = sessions.newest_sessions(captured_replica.alias, 2)
    assert [session.session_id for session in newest] == [EXCLUDED, BARE]


def test_rows_of_sessions_have_tags_that_tell_them_apart(captured_replica: Captured) -> None:
    alias = captured_replica.alias
    full, bare = sessions.session_rows(
        alias, [sessions.session_or_404(alias, FULL), sessions.session_or_404(alias, BARE)]
    )
    assert [(tag.tag_key, tag.tag_value) for tag in full.tags] == [("variant", "fast")]
    assert (full.duration, full.holds.labels) == (10_000, 3)
    assert (bare.duration, bare.tags) == (None, [])
