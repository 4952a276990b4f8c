"""Exchanges, filtered and added up by the replica as Python would."""

import datetime as dt
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replica import network
from replica.queries.network import ExchangeFilter, Totals, exchange_page, exchange_totals, hosts, marked_exchanges
from tests.replica.captured import FULL, Captured

PARTS = ["https://", "HTTP://", "//", "data:", "u:p@", "@", "a.test", "A.test:81", "[::1]", "[bad", "]", "/", "?", "#"]
URLS = st.lists(st.sampled_from([*PARTS, "ü", " ", "\n", "\\", "%41", "x"]), max_size=6).map("".join)


@dataclass
class Recorder:
    """Replaces the exchanges of a session by others."""

    captured: Captured

    def record(self, urls: list[str], statuses: list[int | None] | None = None) -> None:
        self.captured.execute("DELETE FROM capture_sessions WHERE session_id = %s", FULL)
        self.captured.execute(
            "INSERT INTO capture_sessions (session_id, message_id, start_time, url, status, response_size)"
            " SELECT %s, row_number() OVER (), '2026-03-01 10:00', url, status, 10"
            " FROM unnest(%s::text[], %s::bigint[]) AS rows (url, status)",
            FULL,
            urls,
            statuses or [200] * len(urls),
        )


@pytest.fixture
def recorder(own_replica: Captured) -> Recorder:
    return Recorder(own_replica)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(urls=st.lists(URLS, min_size=1, max_size=60))
def test_the_replica_finds_the_same_hosts_as_python(recorder: Recorder, urls: list[str]) -> None:
    recorder.record(urls)
    alias = recorder.captured.alias
    assert hosts(alias, FULL) == sorted({network.host_of(url) for url in urls})
    host = network.host_of(urls[0])
    found = exchange_page(alias, FULL, ExchangeFilter(host=host), "start", 0, 100)
    assert sorted(exchange.url for exchange in found) == sorted(url for url in urls if network.host_of(url) == host)


def test_the_replica_finds_the_same_failures_as_python(recorder: Recorder) -> None:
    statuses = [None, -1, 0, 101, 200, 304, 399, 400, 404, 500, 999]
    recorder.record(["https://a.test/"] * len(statuses), statuses)
    failing = exchange_page(recorder.captured.alias, FULL, ExchangeFilter(failed=True), "start", 0, 100)
    assert [exchange.status for exchange in failing] == [status for status in statuses if network.failed(status)]


def test_totals_count_what_the_list_leaves_out(recorder: Recorder) -> None:
    recorder.record([f"https://a.test/{n}" for n in range(30)], [500 if n % 3 == 0 else 200 for n in range(30)])
    alias = recorder.captured.alias
    assert len(exchange_page(alias, FULL, ExchangeFilter(), "start", 0, 5)) == 5
    assert exchange_totals(alias, FULL, ExchangeFilter()) == Totals(count=30, received=300, failures=10)
    assert exchange_totals(alias, FULL, ExchangeFilter(url_part="/2")) == Totals(count=11, received=110, failures=3)


@pytest.mark.parametrize("part", ["%", "_", "\\", "'"])
def test_a_part_of_a_url_is_text_not_a_pattern(recorder: Recorder, part: str) -> None:
    recorder.record([f"https://a.test/{part}", "https://a.test/x"])
    found = exchange_page(recorder.captured.alias, FULL, ExchangeFilter(url_part=part), "start", 0, 10)
    assert [exchange.url for exchange in found] == [f"https://a.test/{part}"]


def test_no_exchange_adds_up_to_nothing(recorder: Recorder) -> None:
    recorder.record([])
    assert exchange_totals(recorder.captured.alias, FULL, ExchangeFilter()) == Totals(0, 0, 0)
    assert hosts(recorder.captured.alias, FULL) == []


@pytest.mark.parametrize(
    ("end", "duration", "lasted"),
    [
        ("2026-03-01 10:00:01.25", 7, 250),
        ("2026-03-01 10:00:00", None, 0),
        (None, 40, 40),
        (None, -40, 0),
        (None, None, 0),
        ("infinity", 40, 40),
    ],
)
def test_an_exchange_lasts_on_the_axis_as_in_the_list(
    recorder: Recorder, end: str | None, duration: int | None, lasted: float
) -> None:
    recorder.record(["https://a.test/"])
    recorder.captured.execute(
        "UPDATE capture_sessions SET start_time = '2026-03-01 10:00:01', end_time = %s, duration = %s"
        " WHERE session_id = %s",
        end,
        duration,
        FULL,
    )
    alias = recorder.captured.alias
    [marked] = marked_exchanges(alias, FULL)
    [listed] = exchange_page(alias, FULL, ExchangeFilter(), "start", 0, 1)
    origin = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)
    assert (marked.start_time, marked.end_time) == network.exchange_times(listed, origin) == (1000, 1000 + lasted)
    assert marked_exchanges(alias, FULL, 1000 + lasted, 5000) == [marked]
    assert marked_exchanges(alias, FULL, 1000.5 + lasted, 5000) == marked_exchanges(alias, FULL, 0, 999.5) == []
