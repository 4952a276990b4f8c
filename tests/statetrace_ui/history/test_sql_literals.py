"""What is written as SQL is read as what it was, whatever it is and wherever it is pasted."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history.sql_literals import BUILT_IN, cast_name, comment, equals, identifier, literal

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
TYPES = """
SELECT format_type(oid, NULL) FROM pg_type
WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typname !~ '^_'
"""


@pytest.fixture(scope="module")
def database(server_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(server_url, autocommit=True) as connection:
        yield connection


def test_the_types_that_need_no_schema_are_those_of_the_server(database: psycopg.Connection[Any]) -> None:
    found = {name for (name,) in database.execute(TYPES).fetchall()}
    assert found - BUILT_IN == set()


@given(text=TEXTS)
@pytest.mark.parametrize("setting", ["on", "off"])
def test_a_text_is_read_as_it_was(database: psycopg.Connection[Any], setting: str, text: str) -> None:
    database.execute(f"SET standard_conforming_strings = {setting}")
    database.execute("SET escape_string_warning = off")
    written = literal(text, "text")
    assert written.isprintable()
    assert database.execute(f"SELECT {written}".encode()).fetchone() == (text,)


@given(name=TEXTS.filter(lambda name: 0 < len(name.encode()) < 60))
def test_a_name_is_read_as_it_was(database: psycopg.Connection[Any], name: str) -> None:
    database.execute("SET standard_conforming_strings = on")
    written = identifier(name)
    assert written.isprintable()
    cursor = database.execute(f"SELECT 1 AS {written}".encode())
    assert cursor.description
    assert cursor.description[0].name == name


@given(text=TEXTS)
def test_a_comment_is_one_line_in_which_all_is_seen(text: str) -> None:
    assert comment(text).isprintable()
    assert comment(text).startswith("--")


@pytest.mark.parametrize(
    ("type_name", "cast"),
    [
        ("numeric(10,2)", "numeric(10,2)"),
        ("timestamp(3) with time zone", "timestamp(3) with time zone"),
        ("interval day to second(3)", "interval day to second(3)"),
        ("text[]", "text[]"),
        ("character varying(20)[]", "character varying(20)[]"),
        ("mood", "public.mood"),
        ("mood[]", "public.mood[]"),
        ('"My type"', 'public."My type"'),
        ('"with.dot"', 'public."with.dot"'),
        ("app.mood", "app.mood"),
        ('"my.app".mood', '"my.app".mood'),
        ("public.text", "public.text"),
        ("geometry(4326)", "public.geometry(4326)"),
        ("", ""),
        ("???", ""),
        ("text; DROP TABLE orders", ""),
        ("text)--", ""),
        ("a\nb", ""),
    ],
)
def test_a_type_is_named_so_that_it_is_found_or_not_at_all(type_name: str, cast: str) -> None:
    assert cast_name(type_name) == cast


def test_values_are_compared_as_such_where_their_type_has_an_equality_of_its_own() -> None:
    assert equals("total", "1.50", "numeric(10,2)") == "\"total\" = '1.50'::numeric(10,2)"
    assert equals("total", None, "numeric(10,2)") == '"total" IS NULL'
    assert equals("took", "1 day", "interval") == "\"took\"::text = '1 day'::interval::text"
    assert equals("x", "1", "???") == "\"x\"::text = '1'"
