import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from replica.importing.bundle import Bundle, Exchange, ImportFailed, Metadata
from replica.importing.formats.har import read_har
from replica.importing.validate import validate
from tests.replica.importing.samples import entry, har, page

SAMPLES = Path(__file__).parents[4] / "shared/samples"


def read(*arguments: Any) -> list[Bundle]:
    return [validate(bundle) for bundle in read_har(json.loads(har(*arguments)))]


def exchange(**changes: Any) -> Exchange:
    ((found,),) = [bundle.exchanges for bundle in read([entry(**changes)])]
    return found


def test_reads_an_exchange() -> None:
    found = exchange()
    assert found.start.isoformat() == "2026-03-01T10:00:00.100000+00:00"
    assert found.url == "https://shop.example/"
    assert (found.duration_ms, found.wait_ms, found.receive_ms) == (80, 40, 6)
    assert (found.status, found.content_type) == (200, "text/html; charset=utf-8")
    assert (found.request_bytes, found.response_bytes) == (300, 1000)


def test_tls_is_taken_out_of_connect_where_the_sums_show_that_it_is_included() -> None:
    found = exchange(time=80)
    assert (found.tcp_connect_ms, found.tls_handshake_ms) == (10, 20)


def test_tls_is_left_beside_connect_where_the_sums_show_that_it_is_not_included() -> None:
    found = exchange(time=100)
    assert (found.tcp_connect_ms, found.tls_handshake_ms) == (30, 20)


def test_minus_one_means_unknown() -> None:
    found = exchange(timings={"blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 5, "receive": -1})
    assert (found.tcp_connect_ms, found.tls_handshake_ms, found.receive_ms, found.wait_ms) == (None, None, None, 5)


@pytest.mark.parametrize(
    ("written", "initiator"),
    [
        ({"_initiator": {"type": "parser", "url": "https://u:p@a.example/?token=x"}}, "https://a.example/?token=***"),
        ({"_initiator": {"type": "other"}}, "other"),
        ({"_initiator": "https://shop.example/a.js", "_initiator_type": "script"}, "https://shop.example/a.js"),
        ({"_initiator": "", "_initiator_type": "script"}, "script"),
        ({"_initiator": 7}, None),
        ({}, None),
    ],
)
def test_reads_what_a_replica_has_no_column_for(written: dict[str, Any], initiator: str | None) -> None:
    found = exchange(connection="63", **written)
    assert (found.method, found.connection, found.initiator) == ("GET", "63", initiator)
    assert (found.dns_ms, found.send_ms) == (2, 1)


def test_a_missing_time_is_the_sum_of_the_phases() -> None:
    assert exchange(time=-1).duration_ms == 80


@pytest.mark.parametrize(
    ("response", "size"),
    [
        ({"_transferSize": 0, "bodySize": 10, "content": {"size": 20}}, 0),
        ({"_transferSize": -1, "bodySize": 10, "content": {"size": 20}}, 10),
        ({"bodySize": -1, "content": {"size": 20}}, 20),
        ({"bodySize": -1, "content": {}}, None),
    ],
)
def test_the_response_size_is_what_went_over_the_wire_if_that_is_known(response: dict[str, Any], size: int) -> None:
    assert exchange(response=response).response_bytes == size


def test_every_page_is_a_session_that_begins_with_it() -> None:
    pages = [page(1), page(2, "2026-03-01T11:00:00Z")]
    entries = [
        entry("2026-03-01T11:00:00.5Z", "page_2"),
        entry("2026-03-01T10:00:00.2Z"),
        entry("2026-03-01T10:00:00.1Z"),
    ]
    first, second = read(entries, pages)
    assert first.metadata.start
    assert second.metadata.start
    assert first.metadata.start.isoformat() == "2026-03-01T10:00:00+00:00"
    assert second.metadata.start.isoformat() == "2026-03-01T11:00:00+00:00"
    assert [x.start.microsecond for x in first.exchanges] == [100_000, 200_000]
    assert len(second.exchanges) == 1
    assert (first.metadata.name, second.metadata.name) == ("Run 1", "Run 2")


def test_without_pages_all_entries_are_one_session_that_begins_with_the_first() -> None:
    (only,) = read([entry("2026-03-01T10:00:00.2Z"), entry("2026-03-01T10:00:00.1Z", page="")], [])
    assert only.metadata.start
    assert only.metadata.start.microsecond == 100_000
    assert len(only.exchanges) == 2


def test_the_browser_is_a_tag_and_neither_the_device_nor_its_operating_system() -> None:
    (only,) = read()
    assert [(tag.key, tag.value) for tag in only.tags] == [("browser", "Chrome 140.0")]
    assert only.metadata == Metadata(start=only.metadata.start, name="Run 1", description="Recorded by recorder 2")


def test_what_a_page_measured_counts_from_the_page_where_an_entry_comes_before_it() -> None:
    (only,) = read([entry("2026-03-01T09:59:59.250Z")], [page(1, "2026-03-01T10:00:00Z")])
    assert only.metadata.start
    assert only.metadata.start.isoformat() == "2026-03-01T09:59:59.250000+00:00"
    assert [(label.start_ms, label.end_ms) for label in only.labels] == [(750, 1150)]
    assert [series.x.tolist() for series in only.series] == [[750, 1050]]


def test_urls_lose_user_and_password_and_the_values_of_secrets_also_in_the_title_of_a_page() -> None:
    url = "https://ann:hunter2@shop.example/?token=hunter2&page=2"
    entries = [entry(request={"url": url})]
    (only,) = read(entries, [page(1) | {"title": url}])
    safe = "https://shop.example/?token=***&page=2"
    assert only.exchanges[0].url == only.metadata.name == only.labels[0].name == safe
    assert "hunter2" not in repr(only)


def test_a_page_brings_measurements_a_label_and_its_visual_progress() -> None:
    (only,) = read()
    assert {(x.name, x.type): (x.value, x.units) for x in only.measurements} == {
        ("onContentLoad", "Page Timing"): (250.5, "ms"),
        ("onLoad", "Page Timing"): (400.0, "ms"),
        ("SpeedIndex", "Visual Metric"): (300.0, "ms"),
        ("Scripting", "CPU Time"): (12.5, "ms"),
    }
    (label,) = only.labels
    assert (label.name, label.category, label.start_ms, label.end_ms) == ("Run 1", "page load", 0, 400)
    (series,) = only.series
    assert (series.x.tolist(), series.y.tolist(), series.y_units) == ([0, 300], [0, 100], "%")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"startedDateTime": "yesterday"}, "startedDateTime should be a time .* but is “yesterday”"),
        ({"startedDateTime": "0001-01-01T00:00:00Z"}, "should be a time"),
        ({"request": None}, "a request should be an object, but is missing"),
        ({"time": "soon"}, "should be a number, but is “soon”"),
        ({"time": 1e200}, "too large"),
        ({"time": 9007199254740992}, "^an exchange's duration ms is 9.*; it cannot be more than 3.16"),
        ({"timings": []}, "timings should be an object, but is a list"),
    ],
)
def test_says_what_is_wrong(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ImportFailed, match=problem):
        exchange(**changes)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not here")
def test_reads_real_archives() -> None:
    five = read_har(json.loads(gzip.decompress((SAMPLES / "browsertime-chrome-wikipedia.har.gz").read_bytes())))
    assert [len(bundle.exchanges) for bundle in five] == [111, 112, 110, 110, 110]
    assert all(any(x.name == "SpeedIndex" for x in bundle.measurements) for bundle in five)
    (one,) = read_har(json.loads((SAMPLES / "devtools-github-home.har").read_bytes()))
    assert len(one.exchanges) == 20
    assert (one.exchanges[0].tcp_connect_ms, one.exchanges[0].tls_handshake_ms) == (240, 244)
