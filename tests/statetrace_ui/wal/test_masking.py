from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.wal.masking import Masker, short_digest

MASKER, OTHER = Masker(b"one source"), Masker(b"another source")


@given(st.text(), st.text())
def test_equal_values_and_only_those_have_equal_digests(one: str, other: str) -> None:
    assert (MASKER.mask(one) == MASKER.mask(other)) == (one == other)
    assert MASKER.mask(one) != OTHER.mask(one)


@given(st.text())
def test_a_digest_has_one_form_and_is_not_digested_again(value: str) -> None:
    digest = MASKER.mask(value)
    assert len(digest) == len("masked:") + 40
    assert MASKER.mask_once(digest) == digest
    assert OTHER.mask_once(digest) != digest
    assert digest[7:13] == short_digest(digest)


def test_a_text_that_was_made_to_look_like_a_digest_is_masked() -> None:
    forged = "masked:" + "ab12" * 10
    assert not MASKER.made(forged)
    assert MASKER.mask_once(forged) == MASKER.mask(forged)


def test_only_texts_in_the_form_of_a_digest_have_digits_to_show() -> None:
    assert [short_digest(text) for text in ("", None, 7, "masked:", "masked:ab12", "see " + MASKER.mask("x"))] == [
        ""
    ] * 6
