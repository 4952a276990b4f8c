"""Analyses in the store: at import, again on demand, never doubled."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import numpy as np
import psycopg
import pytest
from django.core.management import CommandError, call_command

from replica.analyses import label_statistics
from replica.analyses.service import analyse_flow, analyse_session
from replica.analyses.writer import VERSIONS, write_analyses
from replica.exports.models import UserFlowExport
from replica.importing.bundle import Bundle, Exchange, Issue, Label, Measurement, Series
from replica.importing.writer import Flow, NewSession, write_sessions
from statetrace_ui.web.models import Organisation

SESSION = "d3bf5f07-e910-11eb-a576-acde48001122"
FLOW = Flow("1c89aa46-0807-11ea-bee9-02db88d209ba", "Checkout")
START = datetime(2026, 3, 1, 10, tzinfo=UTC)
GROUP = "9a1c89aa-0807-11ea-bee9-02db88d209ba"


def exchange(at_ms: float, **known: Any) -> Exchange:
    values = {"status": 200, "response_bytes": 125_000, "receive_ms": 600, "url": "https://shop.example/a", **known}
    return Exchange(START + timedelta(milliseconds=at_ms), duration_ms=700, **values)


RECORDED = Bundle(
    exchanges=(exchange(0), exchange(1_000)),
    labels=(
        Label("l1", "user", "Sort", 0, 150, group_id=GROUP),
        Label("l2", "user", "Sort", 100, 250, group_id=GROUP),
        Label("l3", "user", "Pay", 300, 400),
    ),
    series=(
        Series("heap", "Heap", "MiB", np.array([0.0, 100, 200, 300]), np.array([1.0, 2, 3, 40])),
        Series("frames", "Frames", "1/s", np.array([0.0, 500, 1_000, 1_500]), np.array([60.0, 10, 60, 60])),
    ),
)


@pytest.fixture
def connection(store: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(store, autocommit=True) as connection:
        yield connection


def write(connection: psycopg.Connection[Any], *bundles: Bundle) -> None:
    write_sessions(connection, FLOW, [NewSession(SESSION, bundles, START)])


def rows(connection: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def results(connection: psycopg.Connection[Any]) -> list[list[tuple[Any, ...]]]:
    tables = ("capture_issues", "session_timeseries_data_stats", "performance_measurements")
    return [rows(connection, f"SELECT t.*, xmin FROM {table} t ORDER BY t::text") for table in tables]


def revision(connection: psycopg.Connection[Any]) -> int:
    return int(rows(connection, "SELECT revision FROM bookkeeping.session_revisions")[0][0])


def test_an_import_finds_issues(connection: psycopg.Connection[Any]) -> None:
    write(connection, RECORDED)
    found = rows(
        connection,
        'SELECT category, "group", message_id, name, impact_time, start_time_ms, end_time_ms, version, reference'
        " FROM capture_issues ORDER BY category, start_time_ms",
    )
    shop, slow = "shop.example", ("Slow Downloads", "root cause")
    assert found == [
        ("Duplicate Messages", "root cause", 1, shop, 0, 0, 700, "statetrace 1", True),
        ("Duplicate Messages", "root cause", 2, shop, 700, 1_000, 1_700, "statetrace 1", False),
        ("Low Frame Rate", "user experience", None, None, 300, 700, 1_000, "statetrace 1", False),
        (*slow, 1, shop, 400, 300, 700, "statetrace 1", False),
        (*slow, 2, shop, 400, 1_300, 1_700, "statetrace 1", False),
    ]
    assert rows(connection, "SELECT count(DISTINCT issue_id), count(DISTINCT impact_id) FROM capture_issues") == [
        (3, 5)
    ]


def test_an_import_measures(connection: psycopg.Connection[Any]) -> None:
    write(connection, RECORDED, Bundle(measurements=(Measurement("Requests", "Mine", None, 7),)))
    found = {
        (name, kind.removeprefix("Statetrace ")): (value, units)
        for name, kind, value, units in rows(
            connection, "SELECT key_name, key_type, float_value, key_units FROM performance_measurements"
        )
    }
    assert found[("Requests", "Mine")] == (7, None)
    assert found[("Requests", "Network")] == (2, None)
    assert found[("Bytes received", "Network")] == (250_000, "bytes")
    assert found[("Mean request duration", "Network")] == (700, "ms")
    assert found[("Time with a request under way", "Network")] == (1_400, "ms")
    assert found[("Labelled time", "Labels")] == (350, "ms")
    assert found[("Mean of Heap", "Time Series")] == (11.5, "MiB")
    assert found[("Slow Downloads: union impact", "Issue Impact")] == (800, "ms")
    assert found[("Duplicate Messages: union impact", "Issue Impact")] == (700, "ms")
    assert found[("Duplicate Messages: impacts", "Issue Count")] == (1, None)
    assert ("Domain Sharding: impacts", "Issue Count") not in found  # no exchange tells what connecting took


def test_a_label_group_gets_statistics(connection: psycopg.Connection[Any]) -> None:
    write(connection, RECORDED)
    found = rows(
        connection,
        "SELECT trim(label_group_id), metric, value, time_intervals_ms FROM session_timeseries_data_stats"
        " WHERE timeseries_key = 'heap' ORDER BY metric",
    )
    assert [(group, where) for group, _, _, where in found] == [(GROUP, "[[0, 250]]")] * len(label_statistics.METRICS)
    assert {metric: value for _, metric, value, _ in found}["mean"] == 2


def test_analysing_again_changes_nothing(connection: psycopg.Connection[Any]) -> None:
    write(connection, RECORDED)
    before = results(connection)
    assert analyse_session(connection, SESSION) is False
    assert results(connection) == before  # not even written anew
    assert revision(connection) == 1


def test_importing_again_doubles_nothing(connection: psycopg.Connection[Any]) -> None:
    write(connection, RECORDED)
    before = [[row[:-1] for row in table] for table in results(connection)]
    write(connection, RECORDED)
    assert [[row[:-1] for row in table] for table in results(connection)] == before


def test_imported_issues_of_a_kind_are_not_repeated_and_count(connection: psycopg.Connection[Any]) -> None:
    theirs = [Issue("i", f"p{n}", "Slow Downloads", "root cause", 0, 100 + n, 5, version="4") for n in range(2)]
    write(connection, RECORDED, Bundle(issues=tuple(theirs)))
    analyse_session(connection, SESSION)
    found = rows(
        connection, "SELECT version, count(*) FROM capture_issues WHERE category = 'Slow Downloads' GROUP BY 1"
    )
    assert found == [("4", 2)]
    assert rows(connection, "SELECT count(*) FROM capture_issues WHERE category = 'Duplicate Messages'") == [(2,)]
    measured = "SELECT float_value FROM performance_measurements WHERE key_name = 'Slow Downloads: union impact'"
    assert rows(connection, measured) == [(101,)]


def test_what_is_there_no_more_has_no_issue(connection: psycopg.Connection[Any]) -> None:
    write(connection, RECORDED)
    write(connection, Bundle(exchanges=(exchange(0, receive_ms=1),)))
    assert rows(connection, "SELECT DISTINCT category FROM capture_issues") == [("Low Frame Rate",)]


def test_union_impacts_lie_within_the_session(connection: psycopg.Connection[Any]) -> None:
    far = Issue("i", "p", "Audio Too Quiet", None, 0, 9e9, 9e9)
    write(connection, Bundle(exchanges=(exchange(0),)), Bundle(issues=(far,)))
    connection.execute("UPDATE session_metadata SET end_time = start_time + interval '5 s'")
    analyse_session(connection, SESSION)
    measured = "SELECT float_value FROM performance_measurements WHERE key_name = 'Audio Too Quiet: union impact'"
    assert rows(connection, measured) == [(5_000,)]


def test_versions_are_kept_with_the_results(connection: psycopg.Connection[Any]) -> None:
    write(connection, RECORDED)
    assert dict(rows(connection, "SELECT analysis, version FROM bookkeeping.analyses")) == VERSIONS


def test_a_session_that_is_gone_is_left_alone(connection: psycopg.Connection[Any]) -> None:
    assert analyse_session(connection, SESSION) is False


def test_other_sessions_stay_as_they_are(connection: psycopg.Connection[Any]) -> None:
    write(connection, RECORDED)
    before = results(connection)
    write_sessions(connection, FLOW, [NewSession("d3bf5f07-e910-11eb-a576-acde48001133", (Bundle(),), START)])
    assert [[row for row in table if row[0] == SESSION] for table in results(connection)] == before


@pytest.fixture
def export(organisation: Organisation, connection: psycopg.Connection[Any]) -> UserFlowExport:
    """A flow with a session that was imported before there were analyses."""
    write(connection, RECORDED)
    connection.execute("DELETE FROM bookkeeping.analyses; DELETE FROM capture_issues")
    return UserFlowExport.objects.create(
        organisation=organisation, user_flow_id=FLOW.user_flow_id, name="Checkout", status=UserFlowExport.Status.IN_SYNC
    )


def test_the_command_analyses_what_needs_it_and_asks_for_a_sync(
    export: UserFlowExport, connection: psycopg.Connection[Any]
) -> None:
    said = StringIO()
    call_command("analyse", stdout=said)
    call_command("analyse", stdout=said)
    call_command("analyse", "--again", "--flow", "Checkout", stdout=said)
    assert said.getvalue().splitlines() == [
        "Checkout: 1 analysed, 1 of them changed",
        "Checkout: 0 analysed, 0 of them changed",
        "Checkout: 1 analysed, 0 of them changed",
    ]
    assert rows(connection, "SELECT count(*) FROM capture_issues") == [(5,)]
    assert revision(connection) == 2
    export.refresh_from_db()
    assert export.status == UserFlowExport.Status.OUT_OF_SYNC


def test_another_version_of_a_formula_asks_for_another_analysis(
    export: UserFlowExport, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse_flow(export)
    connection.execute("UPDATE bookkeeping.analyses SET version = 'statetrace 0' WHERE analysis = 'Slow Downloads'")
    looked_at: list[str] = []
    assert analyse_flow(export, report=lambda session, _: looked_at.append(session)) == 0
    assert looked_at == [SESSION]
    assert dict(rows(connection, "SELECT analysis, version FROM bookkeeping.analyses")) == VERSIONS


def test_a_flow_that_there_is_not_is_refused(export: UserFlowExport) -> None:
    with pytest.raises(CommandError, match="no such user flow"):
        call_command("analyse", "--flow", "Nothing")


def test_the_writer_leaves_the_transaction_to_its_caller(connection: psycopg.Connection[Any]) -> None:
    write(connection, RECORDED)
    connection.execute("DELETE FROM capture_issues")
    with connection.transaction(force_rollback=True):
        assert write_analyses(connection, SESSION) is True
    assert rows(connection, "SELECT count(*) FROM capture_issues") == [(0,)]
