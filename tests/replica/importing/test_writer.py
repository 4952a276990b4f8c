from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest

from replica.importing import binary_copy
from replica.importing.bundle import (
    Bundle,
    Calls,
    Exchange,
    ImportFailed,
    Issue,
    Label,
    Measurement,
    Metadata,
    Series,
    Tag,
)
from replica.importing.detect import read_bundles
from replica.importing.writer import Flow, NewSession, write_sessions
from replica.schema.statuses import SessionStatus
from tests.replica.importing.samples import FILES, art_trace, cpuprofile, entry, har, labels, timeseries_csv

SESSION = "d3bf5f07-e910-11eb-a576-acde48001122"
OTHER = "d3bf5f07-e910-11eb-a576-acde48001133"
FLOW = Flow("1c89aa46-0807-11ea-bee9-02db88d209ba", "Checkout", "From basket to receipt")
ALL = tuple(bundle for content in FILES.values() for bundle in read_bundles(content))
START = datetime(2026, 3, 1, 9, 59, 50, tzinfo=UTC)
FROM_FILES = "WHERE key_type NOT LIKE 'Statetrace %'"  # the analyses add their own
TABLES = [
    *("performance_measurements", "session_tags", "session_labels", "session_timeseries", "session_timeseries_data"),
    *("capture_issues", "capture_sessions", "function_call_metadata", "function_call_process"),
    *("function_call_method", "function_call_thread", "function_call_site", "session_metadata"),
]


@pytest.fixture
def connection(store: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(store, autocommit=True) as connection:
        yield connection


def write(connection: psycopg.Connection[Any], *bundles: Bundle, session: str = SESSION, **known: Any) -> None:
    write_sessions(connection, known.pop("flow", FLOW), [NewSession(session, bundles, **known)])


def rows(connection: psycopg.Connection[Any], table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    return sorted(connection.execute(f"SELECT {columns} FROM {table}").fetchall(), key=str)


def everything(connection: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    return {table: rows(connection, table) for table in TABLES}


def test_writes_every_part_of_a_session(connection: psycopg.Connection[Any]) -> None:
    issue = Issue(OTHER, OTHER, "Slow Downloads", "root cause", 10, 20, 10, name="shop.example", message=1)
    write(connection, *ALL, Bundle(issues=(issue,)), start=START, status=SessionStatus.FAILED)
    assert rows(connection, "user_flow", "name, description") == [("Checkout", "From basket to receipt")]
    assert rows(connection, "session_metadata", "name, trim(status), description, start_time") == [
        ("Run 1", "Failed", "Recorded by recorder 2", START.replace(tzinfo=None))
    ]
    assert rows(connection, f"performance_measurements {FROM_FILES}", "key_name, str_value, float_value") == [
        ("Scripting", "12.5", 12.5),
        ("SpeedIndex", "300", 300.0),
        ("onContentLoad", "250.5", 250.5),
        ("onLoad", "400", 400.0),
    ]
    assert rows(connection, "session_labels", "name, start_time, end_time") == [
        ("Log in", 500.0, 1250.0),
        ("Pay", 2000.0, 2000.0),
        ("Run 1", 10_000.0, 10_400.0),
    ]
    assert (OTHER, "Slow Downloads", "root cause", 1) in rows(
        connection, "capture_issues", 'issue_id, category, "group", message_id'
    )
    assert len(rows(connection, "session_timeseries")) == 6
    assert rows(connection, "session_timeseries_data WHERE timeseries_key = 'js_heap'", "x_value, y_value") == [
        (0.0, 10.5),
        (200.0, 12.0),
    ]
    assert rows(connection, "capture_sessions", "message_id, start_time, end_time, duration, tcp_connect, url") == [
        (
            *(1, datetime(2026, 3, 1, 10, 0, 0, 100_000), datetime(2026, 3, 1, 10, 0, 0, 180_000)),  # noqa: DTZ001
            *(80, 10, "https://shop.example/"),
        )
    ]
    assert rows(connection, "function_call_process", "id") == [(1,), (4711,), (4712,), (4713,)]


def test_writes_calls_with_null_where_nothing_is_known(connection: psycopg.Connection[Any]) -> None:
    write(connection, *read_bundles(art_trace()))
    columns = "thread_id, id, method_id, start_time_us, end_time_us, cpu_time_us, parent_call_id, depth"
    assert rows(connection, "function_call_site", columns) == [
        (7, 1, 16, 100, 200, 40, None, None),
        (7, 2, 20, 110, 130, 10, 1, 1),
        (8, 1, 152, 115, 115, 0, None, None),
    ]
    assert rows(
        connection, "function_call_metadata", "version, platform, has_cpu_time, start_time_us, end_time_us"
    ) == [("1", "Android", True, 0, 500)]


def test_more_calls_than_one_block_arrive_in_full(connection: psycopg.Connection[Any]) -> None:
    count = 100_003
    calls = np.arange(1, count + 1)
    (bundle,) = read_bundles(cpuprofile())
    assert bundle.profile
    one, none = np.ones(count, dtype=np.int64), np.full(count, -1)
    many = Calls(one, one, one, calls, calls, calls + 1, none, none, np.zeros(count, dtype=np.int64))
    write(connection, replace(bundle, profile=replace(bundle.profile, end_us=count + 1, calls=many)))
    assert rows(connection, "function_call_site", "count(*), sum(id), max(end_time_us), count(cpu_time_us)") == [
        (count, count * (count + 1) // 2, count + 1, 0)
    ]


def test_long_copies_are_reported(connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary_copy, "REPORTED", 200_000)
    x = np.arange(500_000, dtype=np.float64)
    series = Bundle(series=(Series("s", "Heap", None, x, x),))
    lines: list[str] = []
    write_sessions(connection, FLOW, [NewSession(SESSION, (series,))], lines.append)
    assert lines == ["Writing: 200,000 of 500,000 points of “Heap” …", "Writing: 400,000 of 500,000 points of “Heap” …"]


def test_the_same_import_done_twice_leaves_the_same_rows_and_a_higher_revision(
    connection: psycopg.Connection[Any],
) -> None:
    write(connection, *ALL)
    once = everything(connection)
    write(connection, *ALL)
    assert everything(connection) == once
    assert rows(connection, "bookkeeping.session_revisions", "session_id, user_flow_id, revision") == [
        (SESSION, FLOW.user_flow_id, 2)
    ]


def test_files_imported_one_after_another_add_up_to_one_session(connection: psycopg.Connection[Any]) -> None:
    write(connection, *read_bundles(timeseries_csv()), status=SessionStatus.FAILED)
    write(connection, *read_bundles(labels()))
    write(connection, *read_bundles(har()))
    assert len(rows(connection, "session_timeseries")) == 3
    assert len(rows(connection, "session_labels")) == 3
    assert rows(connection, "session_metadata", "trim(status), start_time") == [
        ("Failed", datetime(2026, 3, 1, 10))  # noqa: DTZ001
    ]


def test_parts_that_are_imported_anew_take_the_old_ones_place(connection: psycopg.Connection[Any]) -> None:
    write(
        connection, *read_bundles(har([entry(), entry()])), *read_bundles(timeseries_csv()), *read_bundles(art_trace())
    )
    write(connection, *read_bundles(har()), *read_bundles(b"t,fps\n5,24\n"), *read_bundles(cpuprofile()))
    assert rows(connection, "capture_sessions", "message_id") == [(1,)]
    assert rows(connection, "session_timeseries_data WHERE timeseries_key = 'fps'", "x_value, y_value") == [(5.0, 24.0)]
    assert len(rows(connection, "session_timeseries_data WHERE timeseries_key = 'js_heap'")) == 2
    assert rows(connection, "function_call_process", "id") == [(1,)]
    assert {row[0] for row in rows(connection, "function_call_site", "process_id")} == {1}


def test_a_known_start_is_kept_when_more_files_follow(connection: psycopg.Connection[Any]) -> None:
    write(connection, *read_bundles(labels()), start=START)
    write(connection, *read_bundles(har()))
    assert rows(connection, "session_metadata", "start_time") == [(START.replace(tzinfo=None),)]
    assert (10_000.0,) in rows(connection, "session_labels", "start_time")


def test_a_start_can_be_corrected(connection: psycopg.Connection[Any]) -> None:
    write(connection, *read_bundles(labels()), start=START)
    write(connection, *read_bundles(har()), start=START - timedelta(hours=1))
    tags = rows(connection, "session_tags WHERE tag_key = 'start_timestamp'", "tag_value")
    assert tags == [("2026-03-01T08:59:50+00:00",)]


def test_a_session_ends_with_the_last_thing_in_it(connection: psycopg.Connection[Any]) -> None:
    write(connection, *read_bundles(labels()), start=START)
    write(connection, *read_bundles(timeseries_csv()))
    ends = rows(connection, "session_metadata", "end_time")
    assert ends == [((START + timedelta(seconds=2)).replace(tzinfo=None),)]


def test_standard_tags_have_one_value_and_own_tags_may_have_several(connection: psycopg.Connection[Any]) -> None:
    device = Bundle(metadata=Metadata(device_id="pixel-1", device_sku="Pixel", hostname="lab"))
    write(connection, device, Bundle(tags=(Tag("branch", "a"),)), start=START)
    renamed = replace(FLOW, name="Buy")
    write(connection, device, Bundle(tags=(Tag("branch", "b"),)), flow=renamed)
    assert rows(connection, "session_tags", "tag_key, tag_value") == [
        ("branch", "a"),
        ("branch", "b"),
        ("device_id", "pixel-1"),
        ("device_sku", "Pixel"),
        ("hostname", "lab"),
        ("start_timestamp", "2026-03-01T09:59:50+00:00"),
        ("user_flow", "Buy"),
        ("user_flow_id", FLOW.user_flow_id),
    ]


def test_standard_tags_say_what_the_session_holds_after_several_imports(connection: psycopg.Connection[Any]) -> None:
    write(connection, Bundle(metadata=Metadata(host_country="Germany", device_carrier="A-Net, ,B-Net")), start=START)
    write(connection, Bundle(metadata=Metadata(host_city="Köln", device_id="1")), start=START)
    tags = rows(connection, "session_tags WHERE tag_key IN ('geo', 'carrier', 'device_id')", "tag_key, tag_value")
    assert tags == [("carrier", "A-Net"), ("carrier", "B-Net"), ("device_id", "1"), ("geo", "Köln, Germany")]
    write(connection, Bundle(metadata=Metadata(device_carrier="C-Net")), start=START)
    assert rows(connection, "session_tags WHERE tag_key = 'carrier'", "tag_value") == [("C-Net",)]


def test_nothing_is_written_if_one_of_the_sessions_fails(connection: psycopg.Connection[Any]) -> None:
    early = Bundle(metadata=Metadata(start=START - timedelta(days=1)))
    with pytest.raises(ImportFailed, match="earlier --start"):
        write_sessions(connection, FLOW, [NewSession(SESSION, ALL), NewSession(OTHER, (early,), start=START)])
    assert not any(everything(connection).values())
    assert rows(connection, "user_flow") == rows(connection, "bookkeeping.session_revisions") == []


def test_a_session_of_another_user_flow_is_refused(connection: psycopg.Connection[Any]) -> None:
    write(connection, *read_bundles(labels()))
    with pytest.raises(ImportFailed, match="belongs to another user flow"):
        write(connection, *read_bundles(har()), flow=Flow("1c89aa46-0807-11ea-bee9-02db88d20900", "Other"))
    assert rows(connection, "capture_sessions") == []


def test_other_sessions_are_left_alone(connection: psycopg.Connection[Any]) -> None:
    write(connection, *ALL, session=OTHER)
    before = everything(connection)
    write(connection, *ALL)
    assert {table: [row for row in found if OTHER in row] for table, found in everything(connection).items()} == before


def test_a_text_with_quotes_tabs_and_backslashes_arrives_as_it_is(connection: psycopg.Connection[Any]) -> None:
    odd = "a'b\"c\\d\te\nf \\N \\. ☃"
    write(
        connection,
        Bundle(
            measurements=(Measurement("count", "", None, 3), Measurement("build", "", None, odd)),
            labels=(Label(OTHER, "user", odd, 0, 0, data=odd),),
            series=(Series(odd, odd, odd, np.zeros(1), np.ones(1)),),
            exchanges=(Exchange(START, odd, 1),),
        ),
        start=START,
    )
    assert rows(connection, f"performance_measurements {FROM_FILES}", "key_name, str_value, float_value") == [
        ("build", odd, None),
        ("count", "3", 3.0),
    ]
    assert rows(connection, "session_labels", "name, data") == [(odd, odd)]
    assert rows(connection, "session_timeseries_data", "timeseries_key") == [(odd,)]
    assert rows(connection, "capture_sessions", "url") == [(odd,)]
