"""Frames, byte by byte as the manual describes them."""

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.wal.protocol import (
    Keepalive,
    ProtocolError,
    WalData,
    decode_frame,
    encode_status,
    from_clock,
    to_clock,
)


def test_data_and_keepalives_are_distinguished() -> None:
    assert decode_frame(b"w" + struct.pack("!qqq", 1, 2, 3) + b"payload") == WalData(1, 2, 3, b"payload")
    assert decode_frame(b"k" + struct.pack("!qqB", 5, 6, 1)) == Keepalive(5, 6, True)


@pytest.mark.parametrize("frame", [b"", b"x", b"w\0\0", b"k\0"])
def test_a_frame_of_an_unknown_kind_is_refused(frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_frame(frame)


def test_a_status_acknowledges_one_position_three_times() -> None:
    status = encode_status(7, datetime(2000, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert status == b"r" + struct.pack("!qqqqB", 7, 7, 7, 1_000_000, 0)


@given(st.integers(0, 10**17))
def test_clocks_keep_their_microseconds(clock: int) -> None:
    assert to_clock(from_clock(clock)) == clock
