"""Undo of random transactions on a real database: the state before comes back, and later changes stay."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.statetrace_ui.history.undo.conftest import Shop, undos

TABLES = ("customer", "orders", "tag", "note")
DDL = """
CREATE TYPE mood AS ENUM ('good', 'it''s \\ bad');
CREATE TABLE customer (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mood mood, joined timestamptz(3),
    shout text GENERATED ALWAYS AS (upper(name)) STORED);
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, total numeric(10, 2), details json,
    place point, took interval, raw bytea, size box, "Odd ""name" varchar(40), flags text[]);
CREATE TABLE tag (
    order_id bigint REFERENCES orders DEFERRABLE INITIALLY DEFERRED, word text COLLATE "C",
    PRIMARY KEY (order_id, word));
CREATE TABLE note (body text, at date);
ALTER TABLE note REPLICA IDENTITY FULL;
"""
NUMBERS = st.integers(1, 4)
TEXTS = st.sampled_from(
    ["", "a", "it's", "back\\slash", "two\nlines", "-- no comment", "ü\u202e", "'); DROP TABLE note; --", "NULL"]
)


def quoted(text: str | None) -> str:
    return "NULL" if text is None else "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


STATEMENTS = [
    "INSERT INTO customer (id, name) OVERRIDING SYSTEM VALUE VALUES (NUMBER, TEXT) ON CONFLICT DO NOTHING",
    "UPDATE customer SET name = TEXT, mood = 'good' WHERE id = NUMBER",
    "UPDATE customer SET mood = 'it''s \\ bad', joined = '2026-01-0NUMBER 10:00:00.1234+02' WHERE id <= NUMBER",
    "DELETE FROM customer c WHERE id = NUMBER AND NOT EXISTS (SELECT FROM orders WHERE customer_id = c.id)",
    "INSERT INTO orders SELECT NUMBER, id, TOTAL, JSON, point(NUMBER, 0.1), TOOK, '\\x0NUMBER',"
    " box(point(0, 0), point(NUMBER, OTHER)), TEXT, ARRAY[TEXT, NULL] FROM customer WHERE id = OTHER"
    " ON CONFLICT DO NOTHING",
    "UPDATE orders SET total = TOTAL, details = JSON, took = TOOK WHERE id = NUMBER",
    "UPDATE orders SET size = box(point(0, 0), point(OTHER, NUMBER)), place = NULL WHERE id >= NUMBER",
    "UPDATE orders SET id = id + 10 WHERE id = NUMBER AND NOT EXISTS (SELECT FROM tag WHERE order_id = NUMBER)"
    " AND NOT EXISTS (SELECT FROM orders WHERE id = NUMBER + 10)",
    """UPDATE orders SET "Odd ""name" = TEXT, flags = flags || TEXT::text, raw = NULL WHERE id = NUMBER""",
    "DELETE FROM orders WHERE id = NUMBER AND NOT EXISTS (SELECT FROM tag WHERE order_id = NUMBER)",
    "INSERT INTO tag SELECT id, TEXT FROM orders WHERE id = NUMBER ON CONFLICT DO NOTHING",
    "UPDATE tag SET word = word || TEXT WHERE order_id = NUMBER",
    "DELETE FROM tag WHERE order_id = NUMBER",
    "INSERT INTO note VALUES (TEXT, '2026-01-0NUMBER'), (TEXT, '2026-01-0NUMBER')",
    "UPDATE note SET body = body || TEXT WHERE at = '2026-01-0NUMBER'",
    "DELETE FROM note WHERE ctid IN (SELECT ctid FROM note WHERE body = TEXT LIMIT NUMBER)",
]


@st.composite
def statements(draw: st.DrawFn) -> str:
    number, other, text = draw(NUMBERS), draw(NUMBERS), quoted(draw(TEXTS))
    total = draw(st.sampled_from(["NULL", "0", "-1.5", "19.90", "'NaN'"]))
    json = quoted(draw(st.sampled_from(['{"a": 1}', '{"a":  1}', "[]", '"\\\\u0000x"'])))
    took = draw(st.sampled_from(["NULL", "'1 day'", "'24 hours'", "'-3 s'"]))
    sql = draw(st.sampled_from(STATEMENTS))
    for name, value in {
        "NUMBER": number,
        "OTHER": other,
        "TEXT": text,
        "TOTAL": total,
        "JSON": json,
        "TOOK": took,
    }.items():
        sql = sql.replace(name, str(value))
    return sql


transactions = st.lists(statements(), min_size=1, max_size=5)
many = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def ready(shop: Shop) -> Shop:
    shop.begin(*filter(str.strip, DDL.split(";\n")))
    return shop


@many
@given(before=st.lists(transactions, max_size=4), done=st.lists(transactions, min_size=1, max_size=3))
def test_undo_gives_back_the_state_before(ready: Shop, before: list[list[str]], done: list[list[str]]) -> None:
    ready.empty(*TABLES)
    for one in before:
        ready.run(*one)
    ready.steps()
    state = ready.rows(*TABLES)
    for one in done:
        ready.run(*one)
    written = undos(ready.steps())
    assert {one.why for one in written if not one.sql} <= {"it left the row as it was"}
    if any(one.sql for one in written):
        assert set(ready.apply(written).values()) == {"undone"}
    assert ready.rows(*TABLES) == state


@many
@given(
    before=st.lists(transactions, max_size=4),
    done=st.lists(statements(), min_size=1, max_size=6),
    since=st.lists(transactions, min_size=1, max_size=2),
)
def test_undo_touches_no_row_that_has_changed_since(
    ready: Shop, before: list[list[str]], done: list[str], since: list[list[str]]
) -> None:
    ready.empty(*TABLES)
    for one in before:
        ready.run(*one)
    ready.steps()
    left = {table: set(rows) for table, rows in ready.rows(*TABLES).items()}
    for statement in done:
        ready.run(statement)
        for table, rows in ready.rows(*TABLES).items():
            left[table] |= set(rows)  # what some change left
    written = [one for one in undos(ready.steps()) if one.sql]
    for one in since:
        ready.run(*one)
    state = ready.rows(*TABLES)
    try:
        outcomes = ready.apply(written) if written else {}
    except psycopg.errors.ForeignKeyViolation:  # something refers to what would be taken back: nothing is done
        ready.connection.rollback()
        assert ready.rows(*TABLES) == state
    else:
        assert set(outcomes.values()) <= {"undone", "NOT undone: the row has changed since"}
        after = ready.rows(*TABLES)
        for table in TABLES:
            assert [row for row in state[table] if row not in left[table] and row not in after[table]] == []
