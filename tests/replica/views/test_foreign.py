"""Replicas that somebody else fills: any table may be missing or closed, any id odd, any value missing."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from psycopg import sql

from replica.databases import addresses, shapes
from replica.databases.models import Replica
from replica.schema.stand_ins import shape_statement, stand_ins, standing_in
from tests.replica.captured import BARE, FLOW, FULL, Captured

LABEL, EXCHANGE = reverse("replica:label", args=[FULL, "l1"]), reverse("replica:exchange", args=[FULL, 2])
ISSUE = reverse("replica:issue", args=[FULL, "i1", "p1"]) + "?category=Low+Frame+Rate"
THREAD, FLAME = reverse("replica:thread", args=[FULL, 7, 1]), reverse("replica:flame", args=[FULL])
COMPARE = f"{reverse('replica:compare')}?flow={FLOW}&base={FULL}&new={BARE}"
OF_FLOW = {reverse("replica:flow", args=[FLOW]), reverse("replica:flow_labels", args=[FLOW]), COMPARE}
PAGES_OF_SESSION = ["session", "labels", "series", "series_data", "series_outlines", "network"]
OF_SESSION = {reverse(f"replica:{name}", args=[FULL]) for name in PAGES_OF_SESSION} | {
    LABEL,
    EXCHANGE,
    ISSUE,
    THREAD,
    FLAME,
}
ALL = {reverse("home"), reverse("replica:flows")} | OF_FLOW | OF_SESSION
# Each table, and the pages that explain one thing of it: without the table, that thing is not there.
TABLES = {
    "user_flow": OF_FLOW,
    "session_metadata": OF_SESSION | {COMPARE},
    "performance_measurements": set(),
    "session_tags": set(),
    "session_labels": {LABEL},
    "session_timeseries": set(),
    "session_timeseries_data": set(),
    "session_timeseries_data_stats": set(),
    "capture_issues": {ISSUE},
    "capture_sessions": {EXCHANGE},
    "function_call_metadata": {FLAME},
    "function_call_process": set(),
    "function_call_method": set(),
    "function_call_thread": {THREAD},
    "function_call_site": set(),
}


@pytest.fixture(autouse=True)
def _blocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path)


def statuses(client: Client) -> dict[str, int]:
    """Of every page; the flame graph's twice, since the second request builds it."""
    client.get(FLAME, headers={"HX-Request": "true"})
    return {address: client.get(address).status_code for address in ALL}


def expected(missing: set[str]) -> dict[str, int]:
    return {address: 404 if address in missing else 200 for address in ALL}


def test_every_table_of_the_schema_is_tried(captured_replica: Captured) -> None:
    with psycopg.connect(captured_replica.url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert {name for (name,) in rows} == TABLES.keys()


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_table_counts_as_empty(table: str, reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(f"DROP TABLE {table}")
    assert statuses(reader_client) == expected(TABLES[table])


@pytest.mark.long
@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_is_as_good_as_none(table: str, reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(f"TRUNCATE {table}")
    assert statuses(reader_client) == expected(TABLES[table])


def test_a_replica_without_any_table_is_empty(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(f"DROP TABLE {', '.join(TABLES)}")
    assert statuses(reader_client) == expected(OF_FLOW | OF_SESSION)


def test_a_table_that_comes_back_is_read_again(
    reader_client: Client, own_replica: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_replica.execute("ALTER TABLE session_labels RENAME TO labels_aside")
    assert reader_client.get(LABEL).status_code == 404
    own_replica.execute("ALTER TABLE labels_aside RENAME TO session_labels")
    monkeypatch.setattr(shapes, "FRESH_SECONDS", 0.0)
    assert reader_client.get(LABEL).status_code == 200


@pytest.mark.long
@pytest.mark.parametrize("table", ["session_labels", "capture_sessions", "function_call_metadata"])
def test_a_view_does_as_well_as_a_table(table: str, reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(f"ALTER TABLE {table} RENAME TO behind_{table}")
    own_replica.execute(f"CREATE VIEW {table} AS SELECT * FROM behind_{table}")
    assert statuses(reader_client) == expected(set())


def test_missing_columns_count_as_null(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute("ALTER TABLE session_metadata DROP host_city, DROP device_sku, DROP description")
    own_replica.execute("ALTER TABLE capture_issues DROP reference, DROP name")
    own_replica.execute("ALTER TABLE function_call_thread DROP flag, DROP name")
    own_replica.execute("ALTER TABLE function_call_site DROP cpu_time_us, DROP depth")
    assert statuses(reader_client) == expected(set())


@pytest.fixture
def narrow_reader(own_replica: Captured, server_url: str) -> Iterator[str]:
    """The name of a role by which pages read Acme's replica, and which may read nothing yet."""
    role, password = f"reader_{uuid.uuid4().hex}", uuid.uuid4().hex
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
    replica = Replica.objects.get()
    replica.reader_url = addresses.with_parts(own_replica.url, user=role, password=password)
    replica.save()
    yield role
    own_replica.execute(f"DROP OWNED BY {role}")
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_a_table_that_may_not_be_read_counts_as_empty(
    reader_client: Client, own_replica: Captured, narrow_reader: str
) -> None:
    own_replica.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {narrow_reader}")
    own_replica.execute(f"REVOKE SELECT ON session_labels, capture_issues FROM {narrow_reader}")
    own_replica.execute(
        f"GRANT SELECT (session_id, label_id, name, start_time, end_time) ON session_labels TO {narrow_reader}"
    )
    assert statuses(reader_client) == expected({ISSUE})


def status_of(client: Client, name: str, *ids: object, **query: str) -> int:
    return client.get(reverse(f"replica:{name}", args=ids), query).status_code


@pytest.mark.long
@pytest.mark.parametrize(
    "odd", ["a/b", "/", "..", ".", "~2F", "~", "%2F", " ", "a\nb", "-", "ü😀" * 18, "x" * 36, "?#"]
)
def test_ids_may_be_any_text(odd: str, reader_client: Client, own_replica: Captured) -> None:
    for table, key in [("session_labels", "label_id"), ("capture_issues", "issue_id"), ("capture_issues", "impact_id")]:
        own_replica.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_pkey CASCADE")
        own_replica.execute(f"UPDATE {table} SET {key} = %s WHERE {key} IN ('l1', 'i1', 'p1')", odd)
    for table in [name for name in TABLES if name != "user_flow"]:
        own_replica.execute(f"UPDATE {table} SET session_id = %s WHERE session_id = %s", odd, FULL)
    for table in ("user_flow", "session_metadata"):
        own_replica.execute(f"UPDATE {table} SET user_flow_id = %s WHERE user_flow_id = %s", odd, FLOW)
    stored = odd.rstrip(" ")  # char(n) pads, so that blanks at the end are not told from none
    found = {
        name: status_of(reader_client, name, stored) for name in ("flow", "flow_labels", *PAGES_OF_SESSION, "flame")
    }
    found["label"] = status_of(reader_client, "label", stored, stored)
    found["issue"] = status_of(reader_client, "issue", stored, stored, stored, category="Low Frame Rate")
    found["exchange"] = status_of(reader_client, "exchange", stored, 2)
    found["thread"] = status_of(reader_client, "thread", stored, 7, 1)
    assert found == dict.fromkeys(found, 200)
    assert reverse("replica:session", args=[stored]) in reader_client.get(reverse("home")).content.decode()


def test_negative_numbers_of_threads_processes_and_exchanges_have_pages(
    reader_client: Client, own_replica: Captured
) -> None:
    own_replica.execute("UPDATE function_call_site SET thread_id = -thread_id, process_id = -process_id")
    own_replica.execute("UPDATE function_call_thread SET id = -id, process_id = -process_id")
    own_replica.execute("UPDATE capture_sessions SET message_id = -message_id")
    assert reader_client.get(reverse("replica:session", args=[FULL])).status_code == 200
    assert reader_client.get(reverse("replica:thread", args=[FULL, -7, -1])).status_code == 200
    assert reader_client.get(reverse("replica:exchange", args=[FULL, -2])).status_code == 200


MOMENTS = ["-infinity", "12026-01-01", "0044-03-15 BC"]
NUMBERS = ["Infinity", "-Infinity"]
MISSING = [
    ("capture_issues", "category", {ISSUE}),
    ("capture_issues", "issue_id", {ISSUE}),
    ("capture_issues", "impact_id", {ISSUE}),
    ("capture_sessions", "message_id", {EXCHANGE}),
    ("session_labels", "label_id", {LABEL}),
    ("session_tags", "tag_key", set()),
    ("session_tags", "tag_value", set()),
    ("performance_measurements", "key_name", set()),
    ("performance_measurements", "str_value", set()),
    ("session_timeseries_data", "x_value", set()),
    ("session_metadata", "user_flow_id", {COMPARE}),
    ("user_flow", "name", set()),
    ("function_call_metadata", "has_cpu_time", set()),
    ("function_call_thread", "id", {THREAD}),
    ("function_call_thread", "process_id", {THREAD}),
    *(("function_call_site", column, set()) for column in ("id", "process_id", "thread_id", "method_id")),
    *(("function_call_site", column, set()) for column in ("start_time_us", "end_time_us")),
]


@pytest.mark.long
@pytest.mark.parametrize(("table", "column", "missing"), MISSING)
def test_a_column_of_nulls_breaks_no_page(
    table: str, column: str, missing: set[str], reader_client: Client, own_replica: Captured
) -> None:
    own_replica.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_pkey CASCADE")
    own_replica.execute(f"ALTER TABLE {table} ALTER {column} DROP NOT NULL")
    own_replica.execute(f"UPDATE {table} SET {column} = NULL")
    assert statuses(reader_client) == expected(missing)


@pytest.mark.parametrize("moment", ["infinity", *(pytest.param(one, marks=pytest.mark.long) for one in MOMENTS)])
@pytest.mark.parametrize(
    ("table", "column", "missing"),
    [
        ("session_metadata", "start_time", OF_SESSION | {COMPARE}),
        ("session_metadata", "end_time", set()),
        ("capture_sessions", "start_time", {EXCHANGE}),
        ("capture_sessions", "end_time", set()),
        ("user_flow", "created_ts", set()),
    ],
)
def test_a_moment_that_is_none_breaks_no_page(
    table: str, column: str, moment: str, missing: set[str], reader_client: Client, own_replica: Captured
) -> None:
    own_replica.execute(f"UPDATE {table} SET {column} = %s", moment)
    assert statuses(reader_client) == expected(missing)


@pytest.mark.parametrize("number", ["NaN", *(pytest.param(one, marks=pytest.mark.long) for one in NUMBERS)])
@pytest.mark.parametrize(
    ("table", "column", "missing"),
    [
        ("session_labels", "start_time", {LABEL}),
        ("session_labels", "end_time", set()),
        ("capture_issues", "impact_time", set()),
        ("session_timeseries_data", "y_value", set()),
        ("performance_measurements", "float_value", set()),
        ("session_metadata", "host_lat", set()),
    ],
)
def test_a_number_that_is_none_breaks_no_page(
    table: str, column: str, number: str, missing: set[str], reader_client: Client, own_replica: Captured
) -> None:
    own_replica.execute(f"UPDATE {table} SET {column} = %s", number)
    assert statuses(reader_client) == expected(missing)


@pytest.mark.long
def test_columns_of_other_types_are_read(reader_client: Client, own_replica: Captured) -> None:
    for column in ("process_id", "thread_id", "method_id", "id", "start_time_us", "end_time_us", "depth"):
        own_replica.execute(f"ALTER TABLE function_call_site ALTER {column} TYPE integer")
    own_replica.execute("ALTER TABLE session_metadata ALTER start_time TYPE timestamptz, ALTER name TYPE text")
    own_replica.execute("ALTER TABLE session_labels ALTER label_id TYPE varchar(200), ALTER start_time TYPE real")
    assert statuses(reader_client) == expected(set())


def test_a_replica_that_has_everything_needs_no_stand_in(captured_replica: Captured) -> None:
    with psycopg.connect(captured_replica.url) as connection:
        shape = connection.execute(shape_statement()).fetchall()
    assert stand_ins(shape) == {}
    assert standing_in("SELECT * FROM user_flow", {}) == "SELECT * FROM user_flow"
