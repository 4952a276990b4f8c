"""Every page of the captured side over replicas of every shape. tests/access says who may open them."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.replica.captured import BARE, FLOW, FULL, Captured

PAGES = [
    reverse("replica:flow", args=[FLOW]),
    reverse("replica:flow_labels", args=[FLOW]),
    reverse("replica:session", args=[FULL]),
    reverse("replica:session", args=[BARE]),
    reverse("replica:labels", args=[FULL]),
    reverse("replica:series", args=[FULL]),
    reverse("replica:series_data", args=[FULL]),
    reverse("replica:series_outlines", args=[FULL]),
    reverse("replica:network", args=[FULL]),
    reverse("replica:label", args=[FULL, "l1"]),
    reverse("replica:exchange", args=[FULL, 2]),
    reverse("replica:issue", args=[FULL, "i1", "p1"]) + "?category=Low+Frame+Rate",
    reverse("replica:thread", args=[FULL, 7, 1]),
]


def test_there_is_a_page_for_whatever_a_session_holds(reader_client: Client, captured_replica: Captured) -> None:
    assert {address: reader_client.get(address).status_code for address in PAGES} == dict.fromkeys(PAGES, 200)


@pytest.mark.parametrize("address", PAGES)
def test_an_unknown_id_is_404(address: str, reader_client: Client, captured_replica: Captured) -> None:
    for known in (FLOW, FULL, BARE):
        address = address.replace(known, "no-such-thing")
    assert reader_client.get(address).status_code == 404


VIEWS = ["session", "labels", "series", "series_data", "series_outlines", "network", "flame"]


@pytest.mark.parametrize("odd", ["run 7", "ünï", "a'b%"])
def test_a_session_may_be_called_anything(
    odd: str, reader_client: Client, own_replica: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path)
    for table in ("session_metadata", "session_labels", "function_call_metadata", "function_call_site"):
        own_replica.execute(f"UPDATE {table} SET session_id = %s WHERE session_id = %s", odd, FULL)
    for name in VIEWS:
        assert reader_client.get(reverse(f"replica:{name}", args=[odd])).status_code == 200
    assert reader_client.get(reverse("replica:flame", args=[odd]), headers={"HX-Request": "true"}).status_code == 200


def test_a_replica_of_nulls_breaks_no_page(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute("""
        DO $$ DECLARE one record; BEGIN
            FOR one IN SELECT table_name, column_name FROM information_schema.columns
                       WHERE table_schema = 'public' AND is_nullable = 'YES' LOOP
                EXECUTE format('UPDATE %I SET %I = NULL', one.table_name, one.column_name);
            END LOOP;
        END $$""")
    for address in [reverse("replica:flows"), *PAGES]:
        assert reader_client.get(address).status_code == 200


LABEL, EXCHANGE = reverse("replica:label", args=[FULL, "l1"]), reverse("replica:exchange", args=[FULL, 2])
OF_SESSIONS = {address for address in PAGES if address.startswith("/captured/")}


@pytest.mark.long
@pytest.mark.parametrize(
    ("table", "column", "missing"),
    [
        ("session_labels", "name", set()),
        ("session_labels", "start_time", {LABEL}),
        ("session_labels", "end_time", set()),
        ("session_timeseries", "timeseries_name", set()),
        ("capture_issues", "start_time_ms", set()),
        ("capture_issues", "end_time_ms", set()),
        ("capture_sessions", "start_time", {EXCHANGE}),
        ("capture_sessions", "url", {EXCHANGE}),
        ("session_metadata", "start_time", OF_SESSIONS),
        ("session_metadata", "status", set()),
    ],
)
def test_a_thing_without_a_necessary_value_has_no_page_and_breaks_no_other(
    reader_client: Client, own_replica: Captured, table: str, column: str, missing: set[str]
) -> None:
    own_replica.execute(f"ALTER TABLE {table} ALTER {column} DROP NOT NULL")
    own_replica.execute(f"UPDATE {table} SET {column} = NULL")
    addresses = [reverse("replica:flows"), *PAGES]
    expected = {address: 404 if address in missing else 200 for address in addresses}
    assert {address: reader_client.get(address).status_code for address in addresses} == expected


def test_a_replica_without_rows_breaks_no_page(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute("TRUNCATE user_flow, session_metadata")
    assert "No user flow yet" in reader_client.get(reverse("replica:flows")).content.decode()
    for address in PAGES:
        assert reader_client.get(address).status_code == 404


def test_impossible_ids_are_404(reader_client: Client, captured_replica: Captured) -> None:
    assert reader_client.get("/captured/%00/").status_code == 404
    assert reader_client.get(reverse("replica:exchange", args=[FULL, 2**70])).status_code == 404
