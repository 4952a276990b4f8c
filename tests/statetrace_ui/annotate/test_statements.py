import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.annotate.statements import Statement, changes_found_rows, classify, savepoint

WRITES = [
    "INSERT INTO item (name) VALUES (%s)",
    "  insert into item default values",
    'UPDATE "item" SET "name" = %s',
    "UPDATE item SET name = (SELECT 'x')",
    "DELETE FROM item",
    "MERGE INTO item USING other ON true WHEN MATCHED THEN DELETE",
    "TRUNCATE item, other",
    "COPY item (name) FROM STDIN",
    'COPY "public"."item" FROM STDIN',
    "WITH gone AS (DELETE FROM item RETURNING *) SELECT * FROM gone",
    "WITH one AS (SELECT 1) INSERT INTO item SELECT * FROM one",
    "WITH one AS MATERIALIZED (SELECT 1) UPDATE item SET name = 'x' FROM one",
    "/* a comment */ -- and another\nINSERT INTO item VALUES (1)",
    "SELECT 1; INSERT INTO item VALUES (1)",
]
READS = [
    "SELECT * FROM item",
    "SELECT * FROM item FOR UPDATE",
    "SELECT * FROM item WHERE id IN (1) FOR NO KEY UPDATE",
    "WITH locked AS (SELECT * FROM item FOR UPDATE) SELECT * FROM locked",
    "SELECT add_item('x')",
    "SELECT '; DELETE FROM item'",
    "WITH x AS (SELECT ');DELETE FROM item') SELECT * FROM x",
    "VALUES ($tag$; DELETE FROM item$tag$)",
    'SELECT 1 AS "; UPDATE item"; SELECT 2',
    "/* ; INSERT INTO item */ VALUES (1)",
    "COPY item TO STDOUT",
    "COPY (SELECT name FROM item) TO STDOUT",
    "SET LOCAL statement_timeout = 0",
    "SHOW wal_level",
    "EXPLAIN SELECT 1",
    'SAVEPOINT "s1"',
]


@pytest.mark.parametrize("sql", WRITES)
def test_writes_are_recognised_by_their_text(sql: str) -> None:
    assert classify(sql) is Statement.WRITE


@pytest.mark.parametrize("sql", READS)
def test_reads_and_row_locks_are_not_writes(sql: str) -> None:
    assert classify(sql) is Statement.READ


@pytest.mark.parametrize("sql", ["CALL archive()", "DO $$ BEGIN DELETE FROM item; END $$"])
def test_procedures_are_recognised(sql: str) -> None:
    assert classify(sql) is Statement.PROCEDURE


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('SAVEPOINT "s1_x2"', ("SAVEPOINT", '"s1_x2"')),
        ('ROLLBACK TO SAVEPOINT "s1_x2"', ("ROLLBACK", '"s1_x2"')),
        ("rollback to mine;", ("ROLLBACK", "mine")),
        ('RELEASE SAVEPOINT "s1_x2"', None),
        ("ROLLBACK", None),
    ],
)
def test_savepoints_are_followed_by_name(sql: str, expected: tuple[str, str] | None) -> None:
    assert savepoint(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('UPDATE "item" SET "name" = %s', True),
        ("delete from item;", True),
        ("INSERT INTO item VALUES (1)", False),
        ("WITH gone AS (DELETE FROM item RETURNING *) SELECT * FROM gone", False),
        ("DELETE FROM item; INSERT INTO item VALUES (1)", False),
    ],
)
def test_statements_that_may_change_nothing_are_recognised(sql: str, expected: bool) -> None:
    assert changes_found_rows(sql) is expected


@given(st.text())
def test_a_literal_never_makes_a_write(content: str) -> None:
    quoted = content.replace("'", "''")
    assert classify(f"WITH x AS (SELECT '{quoted}; DELETE FROM item') SELECT * FROM x") is Statement.READ
