"""Rows as texts: an INSERT that PostgreSQL runs and that gives back the row, and JSON as PostgreSQL reads it."""

import json
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statetrace_ui.history.as_of.folding import Field
from statetrace_ui.history.as_of.row_texts import RowText, as_json, as_sql, comment, literal
from statetrace_ui.history.sql_literals import identifier
from statetrace_ui.history.values import Excerpt
from tests.statetrace_ui.history.rows import HOSTILE

NAME = 'odd "name"; -- \n\\'
TYPES = {
    "id": "bigint",
    NAME: "text",
    "flag": "boolean",
    "data": "jsonb",
    "amount": "numeric(20,4)",
    "list": "integer[]",
}
VALUES = {"id": "9007199254740993", "flag": "t", "data": '{"a": 1.10}', "amount": "1.1000", "list": "{1,2}"}
MASKED = "masked:" + "a1" * 20


def text_of(values: dict[str, Any], **rules: str) -> RowText:
    columns = [{"name": name, "type": TYPES.get(name, "text"), "rule": rules.get(name, "keep")} for name in values]
    row = {
        name: value if isinstance(value, Field) else Field(value, 1) for name, value in values.items() if value != ""
    }
    return RowText(("public", NAME), columns, row, "2026-03-14 12:00:00 UTC\nDROP TABLE x")


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("conforming", ["on", "off"])
@given(value=st.one_of(TEXTS, st.sampled_from([HOSTILE, "\\", "\\'", "'", "E'\\\\"])))
def test_the_insert_gives_back_the_row(conforming: str, value: str) -> None:
    columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in TYPES.items())
    key = "GENERATED ALWAYS AS IDENTITY"
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL standard_conforming_strings = {conforming}")
        cursor.execute("SET LOCAL escape_string_warning = off")
        cursor.execute(f"CREATE TABLE {identifier(NAME)} ({columns.replace('bigint', f'bigint {key}', 1)})")
        cursor.execute(as_sql(text_of({**VALUES, NAME: value or None})))
        cursor.execute(f"SELECT t::text, (SELECT {identifier(NAME)} FROM {identifier(NAME)}) FROM {identifier(NAME)} t")
        [(_, written)] = cursor.fetchall()
        assert written == (value or None)
        cursor.execute(f"SELECT id, flag, data ->> 'a', amount::text, list FROM {identifier(NAME)}")
        assert cursor.fetchall() == [(9007199254740993, True, "1.10", "1.1000", [1, 2])]
        cursor.execute(f"DROP TABLE {identifier(NAME)}")


def test_what_is_not_known_in_clear_is_left_out_and_told() -> None:
    values: dict[str, Any] = {
        "id": "1",
        "secret": MASKED,
        "other": "clear",
        "hidden": "",
        "unsent": "",
        "long": Excerpt("beginning", 9, "00", cut_from=30_000_000),
        "gone": Field(None, 1, erased=True),
        "nothing": None,
    }
    text = text_of(values, other="mask", hidden="exclude")
    reasons = {name: reason.partition(":")[0] for name, reason in text.left_out().items()}
    assert reasons == {
        "secret": "masked",
        "other": "masked",
        "hidden": "not captured",
        "unsent": "not known",
        "long": "cut by capture",
        "gone": "erased",
    }
    assert as_sql(text).splitlines()[-1] == "VALUES ('1', NULL);"
    assert "-- left out: secret (masked)" in as_sql(text)
    assert json.loads(as_json(text))["row"] == {"id": 1, "nothing": None}
    assert MASKED not in as_sql(text) + as_json(text)


def test_a_line_break_ends_no_comment() -> None:
    assert comment("a\nb\r\u2028c") == "-- a?b??c"
    assert as_sql(text_of({"id": "1"})).startswith("-- public.odd")
    assert [line for line in as_sql(text_of({"id": "1"})).splitlines() if line.startswith("DROP")] == []


def test_numbers_keep_their_digits_in_json() -> None:
    written = as_json(text_of({**VALUES, NAME: "NaN"}))
    assert '"id": 9007199254740993' in written
    assert '"amount": 1.1000' in written
    assert '"data": {"a": 1.10}' in written
    row = json.loads(written)["row"]
    assert (row["flag"], row["list"], row[NAME]) == (True, "{1,2}", "NaN")


def test_a_row_of_which_nothing_is_known_is_no_statement() -> None:
    assert "INSERT" not in as_sql(text_of({"id": ""}))


def test_literals() -> None:
    assert [literal(None), literal("it's"), literal("a\\'")] == ["NULL", "'it''s'", "E'a\\\\'''"]
