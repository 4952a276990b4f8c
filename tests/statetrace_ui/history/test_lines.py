"""Lines of COPY are exactly those that PostgreSQL writes back."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history.lines import COLUMNS, COPY_CHANGES, array_text, change_line, jsonb_text
from statetrace_ui.wal.records import Change, Column, Relation, row_change

HARD = [
    "",
    "null",
    "NULL",
    "nULl",
    "NULLs",
    " ",
    "\u00a0",
    "\u2028",
    "a b",
    "{}",
    "a,b",
    'say "x"',
    "back\\slash",
    "\\N",
    "\\.",
    "tab\tnew\nline\rback\bfeed\fvertical\v",
    "'single'",
    "é日本🙂",
    "\x01\x7f",
    "{a,NULL}",
    "x" * 3_000,
]
COLUMN = Column("id", "text", True), Column("note", "text", False), Column("secret", "text", False, "exclude")
TABLE = Relation(1, "public", "item", "d", COLUMN)


def changes() -> list[Change]:
    rows = [row_change(TABLE, "I", new={"id": text, "note": text}) for text in HARD]
    return [
        *rows,
        row_change(TABLE, "B", new={"id": "1", "note": None}),
        row_change(TABLE, "U", old={"id": "1"}, new={"id": "2"}, unchanged=["note"]),
        row_change(TABLE, "D", old={"id": "1"}),
        row_change(TABLE, "T"),
        row_change(TABLE, "A", old={}, new={"note": "x"}),
        Change(TABLE, "I", None, {"id": "1"}, [], "", "", {"new": {"größe": {"sha256": "ab", "bytes": 7}, "x": {}}}),
        row_change(Relation(2, "public", "bare", "n", ()), "I", new={}),
    ]


@pytest.mark.django_db
def test_what_is_written_is_what_is_read_back() -> None:
    lines = [change_line(f"{number}\t1\t7\t", 5, 6, change) for number, change in enumerate(changes(), start=1)]
    with connection.cursor() as cursor:
        with cursor.copy(COPY_CHANGES) as copy:
            copy.write("".join(lines).encode())
        read = f"COPY (SELECT {', '.join(COLUMNS)} FROM history_change WHERE source_id = 1 ORDER BY id) TO STDOUT"
        with cursor.copy(read) as copy:
            assert b"".join(copy).decode() == "".join(lines)


@pytest.mark.django_db
def test_arrays_and_json_are_written_as_the_server_writes_them() -> None:
    @given(st.lists(st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
    def holds(values: list[str | None]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT (%s::text[])::text, (%s::jsonb)::text", [values, jsonb_text({"k": values})])
            assert cursor.fetchone() == (array_text(values), jsonb_text({"k": values}))

    holds()


def test_places_of_what_was_not_sent_are_told_but_for_excluded_columns() -> None:
    fields = change_line("", 5, 6, row_change(TABLE, "U", old={"id": "1"}, new={"id": "1"})).split("\t")
    assert fields[6:10] == ["{1,NULL,NULL}", "{1,NULL,NULL}", "{2}", "{2}"]
