"""Cuts the values of rows that are too large to be stored as JSON: their beginnings are kept. Pure.

jsonb holds at most 268 MB, and one line of COPY 1 GB, including escapes. PostgreSQL would refuse a larger row each time
it is sent, and capture would never get past it.
"""

import hashlib
from typing import Any

from statetrace_ui.wal.text import decoded

MOST_CHARACTERS = 20_000_000  # of a row, and so of a value


class Beginning(str):
    """The beginning of a value that was cut. size: of the whole value, in bytes of UTF-8; digest: its SHA-256."""

    size: int
    digest: str

    @classmethod
    def of(cls, text: str, size: int, digest: str) -> "Beginning":
        beginning = cls(text)
        beginning.size, beginning.digest = size, digest
        return beginning


def beginning_of(data: bytes | memoryview) -> Beginning:
    """The value whose text is `data`, cut to at most MOST_CHARACTERS; the whole is never copied."""
    end = MOST_CHARACTERS
    for _ in range(3):  # a character takes up to four bytes; it is not cut in two
        if end < len(data) and data[end] & 0b1100_0000 == 0b1000_0000:
            end -= 1
    return Beginning.of(decoded(bytes(data[:end])), len(data), hashlib.sha256(data).hexdigest())


def identity(value: str) -> str:
    """What a digest is made of: the value, or the SHA-256 of one that the stream would send cut."""
    if isinstance(value, Beginning):
        return f"sha256:{value.digest}"
    if 4 * len(value) <= MOST_CHARACTERS or len(data := value.encode()) <= MOST_CHARACTERS:
        return value
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def limit_row(row: dict[str, str | None]) -> dict[str, str | None]:
    """The row itself, or a copy of it in which the longest values are cut to the same length."""
    lengths = [len(value) for value in row.values() if value]
    if sum(lengths) <= MOST_CHARACTERS:
        return row
    most = _most(lengths)
    return {name: value if value is None or len(value) <= most else _cut(value, most) for name, value in row.items()}


def marks(row: dict[str, str | None] | None) -> dict[str, Any]:
    """What is known of the cut values of a row: {"column": {"bytes": …, "sha256": …}}."""
    cut = {name: value for name, value in (row or {}).items() if isinstance(value, Beginning)}
    return {name: {"bytes": value.size, "sha256": value.digest} for name, value in cut.items()}


def _most(lengths: list[int]) -> int:
    """The length for the longest values with which all together have MOST_CHARACTERS."""
    left = MOST_CHARACTERS
    for place, length in enumerate(ordered := sorted(lengths)):
        share = left // (len(ordered) - place)
        if length > share:
            return share
        left -= length
    return MOST_CHARACTERS


def _cut(value: str, most: int) -> Beginning:
    if isinstance(value, Beginning):
        return Beginning.of(value[:most], value.size, value.digest)
    data = value.encode()
    return Beginning.of(value[:most], len(data), hashlib.sha256(data).hexdigest())
