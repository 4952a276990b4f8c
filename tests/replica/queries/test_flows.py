"""User flows, and which of their sessions are shown, from a replica that knows nothing but the document's tables."""

import datetime as dt
from typing import Any

import pytest

from replica.queries import flows
from replica.queries.flows import SessionFilter
from tests.replica.captured import BARE, EMPTY_FLOW, EXCLUDED, FLOW, FULL, HOSTILE_SESSION, Captured


def test_flows_are_counted_by_status(captured_replica: Captured) -> None:
    (used, empty), older = flows.flow_page(captured_replica.alias)
    assert (older, used.total) == (None, 2)
    assert (used.sessions, used.passed, used.failed, used.excluded) == (4, 2, 1, 1)
    assert used.median_ms == 7500  # of 10 s and 5 s: Excluded is left out, and what has no end
    assert used.last_at == dt.datetime(2026, 3, 3, 10, tzinfo=dt.UTC)
    assert (empty.user_flow_id, empty.sessions, empty.median_ms) == (EMPTY_FLOW, 0, None)


def test_flows_are_paged_by_key(own_replica: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that were used at the same time, or never."""
    own_replica.execute(
        "INSERT INTO user_flow SELECT gen_random_uuid()::text, 'Flow ' || n, NULL, now() FROM generate_series(1, 7) n"
    )
    own_replica.execute(
        "INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time)"
        " SELECT gen_random_uuid()::text,"
        " user_flow_id, name, 'Passed', '2026-01-01' FROM user_flow WHERE name IN ('Flow 1', 'Flow 2', 'Flow 3')"
    )
    whole, _ = flows.flow_page(own_replica.alias)
    monkeypatch.setattr(flows, "PAGE_SIZE", 2)
    seen, cursor = flows.flow_page(own_replica.alias)
    while cursor:
        page, cursor = flows.flow_page(own_replica.alias, cursor)
        seen += page
    assert seen == whole
    assert len(whole) == 9


@pytest.mark.parametrize(
    ("wanted", "session_ids"),
    [
        ({}, {FULL, BARE, EXCLUDED, HOSTILE_SESSION}),
        ({"status": "Failed"}, {BARE}),
        ({"tag": ("geo", "Bonn")}, {FULL}),
        ({"start": dt.datetime(2026, 3, 2, tzinfo=dt.UTC)}, {BARE, EXCLUDED}),
        ({"end": dt.datetime(2026, 2, 28, tzinfo=dt.UTC)}, {HOSTILE_SESSION}),
    ],
)
def test_filters_narrow_a_flows_sessions(
    captured_replica: Captured, wanted: dict[str, Any], session_ids: set[str]
) -> None:
    sessions = flows.flow_sessions(captured_replica.alias, FLOW, SessionFilter(**wanted))
    assert {session.session_id for session in sessions} == session_ids


def test_a_trend_shows_durations_or_a_measurement(captured_replica: Captured) -> None:
    alias = captured_replica.alias
    assert [session.value for session in flows.trend(alias, FLOW, "")] == [5000, 10_000, 100_000]
    assert [session.value for session in flows.trend(alias, FLOW, "Time to receipt")] == [4321, 9999]
    assert flows.measurement_names(alias, FLOW) == {"Time to receipt": "ms"}


def test_a_trend_is_of_the_newest_sessions(captured_replica: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "TREND_SESSIONS", 3)  # one of which, BARE, has no duration
    assert [session.session_id for session in flows.trend(captured_replica.alias, FLOW, "")] == [FULL, EXCLUDED]


def test_a_trend_has_statuses_without_padding_and_times_in_utc(captured_replica: Captured) -> None:
    sessions = flows.trend(captured_replica.alias, FLOW, "")
    assert {session.status for session in sessions} == {"Passed", "Excluded"}
    assert sessions[0].start_time == dt.datetime(2026, 2, 27, 10, tzinfo=dt.UTC)
