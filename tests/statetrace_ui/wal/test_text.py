"""Bytes that are no text."""

from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.wal.text import decoded, encoded

SIGN = "\N{REPLACEMENT CHARACTER}"


@given(st.binary(max_size=40) | st.text("a0f" + SIGN).map(str.encode))
def test_the_text_says_which_bytes_there_were(data: bytes) -> None:
    assert encoded(decoded(data)) == data


@given(st.text())
def test_text_stays_as_it_is(text: str) -> None:
    if SIGN not in text:
        assert decoded(text.encode()) == text


def test_a_byte_that_is_no_text_is_visible() -> None:
    assert decoded(b"caf\xe9 \\xe9") == f"caf{SIGN}e9 \\xe9"
    assert decoded(f"{SIGN} {SIGN}e9".encode()) == f"{SIGN} {SIGN}ef{SIGN}bf{SIGN}bde9"
