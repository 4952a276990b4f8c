"""Digests of rows, which two databases can compute alike: equal sums over a bucket mean equal rows. Pure.

A row is written as PostgreSQL's record_out writes it, behind its record key; SHA-256 of that is its digest. Digests are
added up, so neither side has to sort, and rows may be read in any order. A bucket is named by the first hexadecimal
digits of the SHA-256 of the key; of a table without a key, of the row's own digest.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

# What record_out puts in quotation marks, beside the empty text.
QUOTED = re.compile(r"[\"\\(), \t\n\v\f\r]")
DOUBLED = re.compile(r"([\"\\])")
# The sums over a column `d` of digests (bytea), as a query returns them behind the bucket's name.
SUMS = (
    "('x' || encode(substr(d, 1, 8), 'hex'))::bit(64)::bigint",
    "('x' || encode(substr(d, 9, 8), 'hex'))::bit(64)::bigint",
)
LEAST_DIGITS, MOST_DIGITS = 1, 4
ROWS_OF_BUCKET = 2_000


class Sums(NamedTuple):
    """Of the rows of a bucket: their count, and the sums of both halves of the first 16 bytes of their digests."""

    rows: int = 0
    first: int = 0
    second: int = 0


class Digests:
    """{bucket: its sums} of the rows of a table, as one side has them. digits: how many name a bucket."""

    def __init__(self, digits: int) -> None:
        self.digits = digits
        self.sums: dict[str, Sums] = {}

    @property
    def rows(self) -> int:
        return sum(sums.rows for sums in self.sums.values())

    def add(self, bucket: str, rows: int, first: int, second: int) -> None:
        before = self.sums.get(bucket, Sums())
        self.sums[bucket] = Sums(before.rows + rows, before.first + first, before.second + second)

    def add_row(self, key: str, digest: str, times: int = 1) -> None:
        """times: -1 takes the row away."""
        first, second = (_signed(digest[start : start + 16]) for start in (0, 16))
        self.add(bucket_of(key, digest, self.digits), times, times * first, times * second)

    def differing(self, other: "Digests") -> list[str]:
        """The buckets in which the sides differ, in order."""
        names = self.sums.keys() | other.sums.keys()
        return sorted(name for name in names if self.sums.get(name, Sums()) != other.sums.get(name, Sums()))


def digits_for(rows: int) -> int:
    """How many digits name a bucket, so that a bucket holds some thousand rows and there are at most 65,536."""
    digits = LEAST_DIGITS
    while digits < MOST_DIGITS and rows > ROWS_OF_BUCKET * 16**digits:
        digits += 1
    return digits


def record_text(values: Iterable[str | None]) -> str:
    """The text of a row of such values, as `ROW(…)::text` has it."""
    return f"({','.join(_quoted(value) for value in values)})"


def digest_of(key: str, values: Sequence[str | None]) -> str:
    """In hexadecimal digits. key: the record key; '' of a table without one."""
    return _sha256(key + record_text(values))


def whole(value: str | None, mark: Mapping[str, Any] | None) -> str | None:
    """What stands for a value in a digest. mark: what is known of all of it, if only its beginning was kept."""
    return value if value is None or mark is None else f"{value}… sha256:{mark['sha256']}"


def bucket_of(key: str, digest: str, digits: int) -> str:
    return (_sha256(key) if key else digest)[:digits]


def _quoted(value: str | None) -> str:
    if value is None:
        return ""
    if value and not QUOTED.search(value):
        return value
    doubled = DOUBLED.sub(r"\1\1", value)
    return f'"{doubled}"'


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _signed(digits: str) -> int:
    return int.from_bytes(bytes.fromhex(digits), signed=True)
