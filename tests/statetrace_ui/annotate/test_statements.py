import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.annotate.statements import Statement, changes_found_rows, classify, executed, prepared, savepoint

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
    r"SELECT E'\''; INSERT INTO item VALUES (1)",
    r"select e'\\'; INSERT INTO item VALUES ('')",
    r"SELECT 'C:\'; INSERT INTO item VALUES ('x')",
    "EXPLAIN ANALYZE INSERT INTO item VALUES (1)",
    "explain analyse verbose delete from item",
    "EXPLAIN (ANALYZE, COSTS OFF) WITH one AS (SELECT 1) INSERT INTO item SELECT * FROM one",
    "EXPLAIN (COSTS OFF, ANALYZE true) UPDATE item SET name = 'x'",
    "EXPLAIN INSERT INTO item VALUES (1); INSERT INTO item VALUES (1)",
    "EXECUTE known_to_others(1)",
    "EXPLAIN ANALYZE EXECUTE known_to_others",
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
    r"WITH x AS (SELECT E'\'; DELETE FROM item') SELECT * FROM x",
    "EXPLAIN INSERT INTO item VALUES (1)",
    "EXPLAIN VERBOSE DELETE FROM item",
    "EXPLAIN (COSTS OFF) INSERT INTO item VALUES (1)",
    "EXPLAIN (ANALYZE false) INSERT INTO item VALUES (1)",
    "EXPLAIN ANALYZE SELECT * FROM item",
    "PREPARE later AS INSERT INTO item VALUES (1)",
    "PREPARE TRANSACTION 'later'",
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
        ("INSERT INTO item VALUES (1) ON CONFLICT DO NOTHING", True),
        ("insert into item values (';') on conflict (name) do nothing returning id;", True),
        ("INSERT INTO item VALUES (1) ON CONFLICT (name) DO UPDATE SET name = 'x'", False),
        ("INSERT INTO item VALUES ('ON CONFLICT DO NOTHING')", False),
        ("INSERT INTO item VALUES (1) ON CONFLICT DO NOTHING; INSERT INTO item VALUES (2)", False),
    ],
)
def test_statements_that_may_change_nothing_are_recognised(sql: str, expected: bool) -> None:
    assert changes_found_rows(sql) is expected


@given(st.text())
def test_a_literal_never_makes_a_write(content: str) -> None:
    quoted = content.replace("'", "''")
    assert classify(f"WITH x AS (SELECT '{quoted}; DELETE FROM item') SELECT * FROM x") is Statement.READ


@pytest.mark.parametrize(
    ("sql", "name", "statement"),
    [
        ("PREPARE Add AS INSERT INTO item VALUES (1)", "add", "INSERT INTO item VALUES (1)"),
        ('prepare "A dd" (text, numeric(10,2)) as SELECT $1', "A dd", "SELECT $1"),
        ("PREPARE add(int) AS DELETE FROM item", "add", "DELETE FROM item"),
    ],
)
def test_a_prepared_statement_has_a_name_and_a_text(sql: str, name: str, statement: str) -> None:
    assert prepared(sql) == (name, statement)


@pytest.mark.parametrize("sql", ["SELECT 1", "PREPARE TRANSACTION 'x'", "EXECUTE add"])
def test_other_statements_prepare_nothing(sql: str) -> None:
    assert prepared(sql) is None


@pytest.mark.parametrize(
    ("sql", "name"),
    [("EXECUTE Add(1, 2)", "add"), ('execute "A dd"', "A dd"), ("EXECUTE add;", "add"), ("SELECT 1", None)],
)
def test_what_is_executed_is_found_by_its_name(sql: str, name: str | None) -> None:
    assert executed(sql) == name
