"""Digests that both databases compute must be those that are computed here."""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from statetrace_ui.wal.row_digests import Digests, bucket_of, digest_of, digits_for, record_text, whole

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
VALUES = st.lists(st.none() | TEXT, max_size=5)
AWKWARD = [
    "",
    " ",
    '"',
    "\\",
    "a,b",
    "(x)",
    "line\nbreak",
    "tab\t",
    "\v",
    "\f",
    "\r",
    "é",
    "\x01",
    "NULL",
    "{}",
    "\xa0",
]


@pytest.fixture(scope="module")
def server(server_url: str) -> Iterator[psycopg.Connection[tuple[str]]]:
    with psycopg.connect(server_url, autocommit=True) as connection:
        yield connection


def row_text(server: psycopg.Connection[tuple[str]], values: list[str | None]) -> str:
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(value) for value in values)
    [row] = server.execute(sql.SQL("SELECT textin(record_out(ROW({})))").format(texts)).fetchall()
    return row[0]


@given(VALUES)
def test_a_row_is_written_as_the_database_writes_it(
    server: psycopg.Connection[tuple[str]], values: list[str | None]
) -> None:
    assert record_text(values) == row_text(server, values)


@pytest.mark.parametrize("value", AWKWARD)
def test_so_is_a_row_with_signs_that_have_a_meaning(server: psycopg.Connection[tuple[str]], value: str) -> None:
    assert record_text([value, None, value]) == row_text(server, [value, None, value])


def test_sums_do_not_depend_on_the_order() -> None:
    one, other = Digests(2), Digests(2)
    rows = [(f'["{n}"]', digest_of(f'["{n}"]', [str(n), None])) for n in range(500)]
    for key, digest in rows:
        one.add_row(key, digest)
    for key, digest in reversed(rows):
        other.add_row(key, digest)
    assert one.differing(other) == []
    assert one.rows == 500


def test_one_row_that_differs_is_found_in_its_bucket() -> None:
    one, other = Digests(2), Digests(2)
    one.add_row('["1"]', digest_of('["1"]', ["a"]))
    other.add_row('["1"]', digest_of('["1"]', ["b"]))
    assert one.differing(other) == [bucket_of('["1"]', "", 2)]


def test_a_row_that_is_taken_away_leaves_nothing() -> None:
    digests = Digests(3)
    digest = digest_of("", ["a"])
    digests.add_row("", digest, 2)
    digests.add_row("", digest, -2)
    assert digests.differing(Digests(3)) == []


def test_null_and_the_empty_text_differ_and_so_does_the_rest_of_a_cut_value() -> None:
    assert digest_of("", [None]) != digest_of("", [""])
    assert whole("abc", {"bytes": 9, "sha256": "00"}) != whole("abc", {"bytes": 9, "sha256": "11"})


@pytest.mark.parametrize(
    ("rows", "digits"), [(0, 1), (32_000, 1), (100_000, 2), (2_000_000, 3), (100_000_000, 4), (10**10, 4)]
)
def test_buckets_stay_small_and_few(rows: int, digits: int) -> None:
    assert digits_for(rows) == digits
