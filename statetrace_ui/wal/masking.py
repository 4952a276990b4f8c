"""Keyed digests in place of values: equal values have equal digests, and a digest tells nothing of its value. Pure.

A digest is written `masked:` and 40 hexadecimal digits, the last eight of which are a check: whoever has the key can
tell a digest from a text that was made to look like one.
"""

import hmac
import re

PREFIX = "masked:"
FORM = re.compile(r"masked:[0-9a-f]{40}")
DIGITS, CHECK_DIGITS = 32, 8
SHOWN_DIGITS = 6


class Masker:
    """Makes the digests of one source. key: its secret; digests of different keys cannot be compared."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._check_key = hmac.digest(key, b"check", "sha256")

    def mask(self, value: str) -> str:
        # Text with a lone surrogate cannot be encoded strictly; such a value must not stop capture.
        digits = hmac.digest(self._key, value.encode(errors="surrogatepass"), "sha256").hex()[:DIGITS]
        return f"{PREFIX}{digits}{self._check(digits)}"

    def mask_once(self, value: str) -> str:
        """The value itself if it is a digest of this key already."""
        return value if self.made(value) else self.mask(value)

    def made(self, text: str) -> bool:
        """Whether the text is a digest that was made with this key."""
        if not FORM.fullmatch(text):
            return False
        digits = text[len(PREFIX) : len(PREFIX) + DIGITS]
        return hmac.compare_digest(text[-CHECK_DIGITS:], self._check(digits))

    def _check(self, digits: str) -> str:
        return hmac.digest(self._check_key, digits.encode(), "sha256").hex()[:CHECK_DIGITS]


def short_digest(text: object) -> str:
    """The digits by which people tell digests apart, e.g. `ab12cd`; '' for anything that is written otherwise."""
    return text[len(PREFIX) : len(PREFIX) + SHOWN_DIGITS] if isinstance(text, str) and FORM.fullmatch(text) else ""
