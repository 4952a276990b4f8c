"""Exchanges as bars: phases beside each other, which together take the exchange's time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.beside.models import ExchangeDetail
from replica.network import exchange_row
from replica.schema.models import Exchange
from replica.waterfall import Axis, axis_of, phase_times, ticks, waterfall_row

ORIGIN = datetime(2026, 3, 1, tzinfo=UTC)
TIMES = st.none() | st.integers(-5, 10_000)


def exchange(start: float = 0, ms: int | None = 100, **phases: int | None) -> Exchange:
    began = ORIGIN + timedelta(milliseconds=start)
    return Exchange(message_id=1, url="https://a.test/", start_time=began, duration=ms, **phases)


@given(st.integers(0, 10_000), TIMES, TIMES, TIMES, TIMES)
def test_phases_take_the_time_of_the_exchange(
    ms: int, connect: int | None, tls: int | None, wait: int | None, receive: int | None
) -> None:
    parts = phase_times(exchange(tcp_connect=connect, tls_handshake=tls, wait=wait, receive=receive), ms)
    assert sum(value for _, value in parts) == pytest.approx(ms)
    assert all(value >= 0 for _, value in parts)


def test_what_no_phase_explains_comes_first() -> None:
    assert phase_times(exchange(wait=60, receive=20), 100) == [("queue", 20), ("wait", 60), ("receive", 20)]
    assert phase_times(exchange(), 100) == [("whole", 100)]
    assert phase_times(exchange(wait=150, receive=50), 100) == [("wait", 75), ("receive", 25)]


def test_what_our_own_side_knows_has_phases_too() -> None:
    detail = ExchangeDetail(dns_ms=10, send_ms=5)
    parts = phase_times(exchange(tcp_connect=20, wait=50), 100, detail)
    assert parts == [("queue", 15), ("dns", 10), ("connect", 20), ("send", 5), ("wait", 50)]


def test_bars_stand_beside_each_other_on_the_axis() -> None:
    row = waterfall_row(exchange_row(exchange(100, wait=60, receive=40), ORIGIN), Axis(0, 400))
    assert [(bar.phase, bar.x, bar.width) for bar in row.bars] == [
        ("wait", "25.00%", "15.00%"),
        ("receive", "40.00%", "10.00%"),
    ]
    assert row.spoken == "Wait for first byte 60 ms, Receive 40 ms"


def test_an_exchange_that_took_no_time_is_still_seen() -> None:
    row = waterfall_row(exchange_row(exchange(100, ms=None), ORIGIN), Axis(0, 400))
    assert [(bar.phase, bar.x, bar.width) for bar in row.bars] == [("whole", "25.00%", "0.25%")]


def test_an_axis_reaches_from_the_first_start_to_the_last_end() -> None:
    rows = [exchange_row(exchange(start, ms), ORIGIN) for start, ms in ((300, 10), (100, 900))]
    assert axis_of(rows) == Axis(100, 1000)
    assert axis_of([]).end > axis_of([]).start


@pytest.mark.parametrize(
    ("axis", "texts"),
    [
        (Axis(0, 1000), ["0 ms", "200 ms", "400 ms", "600 ms", "800 ms", "1 s"]),
        (Axis(1234, 1240), ["1.234 s", "1.235 s", "1.236 s", "1.237 s", "1.238 s", "1.239 s", "1.240 s"]),
        (Axis(5, 5), ["5 ms"]),
    ],
)
def test_ticks_are_round_moments(axis: Axis, texts: list[str]) -> None:
    assert [tick.text for tick in ticks(axis)] == texts
