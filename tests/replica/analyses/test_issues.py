"""Each formula for issues, on sessions whose impact one can work out by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from replica.analyses.issues import (
    domain_sharding,
    duplicate_messages,
    is_watched,
    loading_animation,
    low_frame_rate,
    low_page_content,
    slow_downloads,
)
from replica.analyses.recorded import Exchange, Impact, Points, Recorded, Series


def exchange(message: int, start: float, url: str = "https://shop.example/a", **known: Any) -> Exchange:
    values: dict[str, Any] = {
        **dict.fromkeys(("tcp_connect_ms", "tls_handshake_ms", "wait_ms", "receive_ms", "content_type")),
        "duration_ms": 100.0,
        "status": 200,
        "request_bytes": 10,
        "response_bytes": 500,
    }
    return Exchange(message_id=message, start_ms=start, url=url, **values | known)


def of(*exchanges: Exchange) -> Recorded:
    return Recorded(10_000.0, exchanges=exchanges)


def watched(key: str, units: str, x: Sequence[float], y: Sequence[float]) -> Recorded:
    series = Series(key, key, units, len(x), 1.0)
    points = Points(np.array(x, dtype=np.float64), np.array(y, dtype=np.float64))
    return Recorded(10_000.0, series=(series,), points={key: points})


def spans(impacts: Any) -> list[tuple[float, float, float]]:
    return [(one.start_ms, one.end_ms, one.impact_ms) for one in impacts]


def test_a_slow_download_has_what_is_beyond_the_benchmark_as_its_impact() -> None:
    slow = exchange(1, 1_000.0, duration_ms=700.0, receive_ms=600.0, response_bytes=125_000)  # 200 ms at 5 Mbit/s
    assert list(slow_downloads.find(of(slow))) == [
        Impact("shop.example", 1_300.0, 1_700.0, 400.0, "shop.example", message_id=1)
    ]


@pytest.mark.parametrize(
    "known",
    [
        {"receive_ms": 299.0, "response_bytes": 125_000},  # 99 ms beyond
        {"receive_ms": 5_000.0, "response_bytes": 10_239},  # so few bytes tell nothing of the connection
        {"receive_ms": None, "response_bytes": 125_000},
        {"receive_ms": 5_000.0, "response_bytes": None},
    ],
)
def test_what_is_no_slow_download(known: dict[str, Any]) -> None:
    assert list(slow_downloads.find(of(exchange(1, 0.0, **known)))) == []


def test_the_first_of_duplicate_messages_is_the_one_reference() -> None:
    same = [exchange(number, number * 200.0, duration_ms=50.0) for number in (3, 1, 2)]
    found = list(duplicate_messages.find(of(*same)))
    assert [(one.message_id, one.reference, one.impact_ms) for one in found] == [
        (1, True, 0.0),
        (2, False, 50.0),
        (3, False, 50.0),
    ]
    assert len({one.issue for one in found}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"response_bytes": 500}, {"response_bytes": 501}),
        ({"request_bytes": 10}, {"request_bytes": 11}),
        ({"url": "https://shop.example/?a=1"}, {"url": "https://shop.example/?a=2"}),
        ({"status": 304}, {"status": 304}),
        ({"status": 500}, {"status": 500}),
        ({"status": None}, {"status": None}),
        ({"response_bytes": None}, {"response_bytes": None}),
    ],
)
def test_what_is_no_duplicate(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert list(duplicate_messages.find(of(exchange(1, 0.0, **one), exchange(2, 200.0, **other)))) == []


def test_a_fragment_makes_no_other_message() -> None:
    pair = exchange(1, 0.0, "https://shop.example/a#1"), exchange(2, 200.0, "https://shop.example/a#2")
    assert len(list(duplicate_messages.find(of(*pair)))) == 2


def sharded(*hosts: str) -> Recorded:
    return of(
        *(
            exchange(number, number * 100.0, f"https://{host}/", tcp_connect_ms=20.0, tls_handshake_ms=30.0)
            for number, host in enumerate(hosts, 1)
        )
    )


def test_the_third_host_of_a_site_costs_its_connections() -> None:
    found = list(domain_sharding.find(sharded("shop.example", "api.shop.example", "a.shop.example", "a.shop.example")))
    assert [(one.message_id, one.reference, one.impact_ms) for one in found] == [
        (1, True, 0.0),
        (3, False, 50.0),
        (4, False, 50.0),
    ]
    assert spans(found[1:]) == [(300.0, 350.0, 50.0), (400.0, 450.0, 50.0)]


@pytest.mark.parametrize(
    "hosts",
    [
        ("shop.example", "api.shop.example"),
        ("a.one.co.uk", "a.two.co.uk", "a.three.co.uk"),
        ("10.0.0.1:80", "10.0.0.2", "10.0.0.3"),
        ("shop.example:80", "shop.example:81", "shop.example:82"),
    ],
)
def test_what_is_no_sharding(hosts: tuple[str, ...]) -> None:
    assert list(domain_sharding.find(sharded(*hosts))) == []


def test_a_low_frame_rate_lasts_until_the_next_sample() -> None:
    recorded = watched("frames", "1/s", [0, 500, 1_000, 1_500, 1_600, 2_000], [60, 12, 20, 60, 5, 60])
    assert spans(low_frame_rate.find(recorded)) == [(700.0, 1_500.0, 800.0), (1_800.0, 2_000.0, 200.0)]


def test_nothing_is_said_of_the_time_after_a_gap_in_the_samples() -> None:
    recorded = watched("frames", "1/s", [0, 100, 200, 300, 400, 9_000], [60, 60, 60, 60, 5, 60])
    assert spans(low_frame_rate.find(recorded)) == [(600.0, 1_400.0, 800.0)]


def test_a_loading_animation_counts_beyond_a_second() -> None:
    recorded = watched("loading_animation", "", [0, 500, 1_000, 1_500, 2_000, 2_500], [0, 1, 1, 0.6, 0, 1])
    assert spans(loading_animation.find(recorded)) == [(1_500.0, 2_000.0, 500.0)]


def test_low_page_content_counts_beyond_a_second() -> None:
    recorded = watched("page_content", "", [0, 1_000, 2_000, 3_000, 4_000], [0.8, 0.09, 0.0, 0.1, 0.0])
    assert spans(low_page_content.find(recorded)) == [(2_000.0, 3_000.0, 1_000.0)]


@pytest.mark.parametrize(
    ("key", "units", "is_one"),
    [
        ("frames", "1/s", True),
        ("fps", "FPS", True),
        ("frames", "", False),  # a number of frames
        ("requests", "1/s", False),
        ("page_content", "", True),
        ("content", "", False),
        ("loading_animation", "", True),
    ],
)
def test_which_series_tell_an_issue(key: str, units: str, is_one: bool) -> None:
    assert is_watched(Series(key, "", units, 2, 1.0)) == is_one


@pytest.mark.parametrize("formula", [slow_downloads, duplicate_messages, domain_sharding, low_frame_rate])
def test_an_empty_session_has_no_issue_and_was_not_looked_at(formula: Any) -> None:
    assert list(formula.find(Recorded(0.0))) == []
    assert not formula.applies(Recorded(0.0))


def test_one_sample_tells_nothing() -> None:
    assert list(low_frame_rate.find(watched("frames", "1/s", [0], [0]))) == []
