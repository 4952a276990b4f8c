from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.wal.lsn import format_lsn, parse_lsn


def test_a_position_is_written_as_postgresql_writes_it() -> None:
    assert format_lsn(0x16_B374D848) == "16/B374D848"
    assert parse_lsn("16/B374D848") == 0x16_B374D848


@given(st.integers(0, 2**63 - 1))
def test_positions_survive_a_round_trip_through_text(lsn: int) -> None:
    assert parse_lsn(format_lsn(lsn)) == lsn
