"""The description is that of `schema.sql`, of the models and of a live database; comments carry it there."""

import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.db import connections

from replica.schema.columns import Table, short_type
from replica.schema.comments import write_comments
from replica.schema.definition import create_tables, statements, table_statements
from replica.schema.description import BY_NAME, TABLES
from replica.schema.models import ReplicaModel
from replica.schema.written import as_markdown

MODELS = {
    model._meta.db_table: model
    for model in apps.get_app_config("replica").get_models()
    if issubclass(model, ReplicaModel)
}
LIVE = """
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull
FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
KEY = """
SELECT a.attname::text FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
JOIN pg_attribute a USING (attnum)
WHERE i.indrelid = %s::regclass AND i.indisprimary AND a.attrelid = i.indrelid ORDER BY k.place
"""
TABLE_TYPES = [
    "USER_FLOW_METADATA",
    "SESSION_METADATA",
    "PERF_MEASUREMENTS",
    "SESSION_TAGS",
    "SESSION_LABELS",
    "SESSION_TIMESERIES",
    "SESSION_TIMESERIES_DATA",
    "SESSION_TIMESERIES_DATA_STATS",
    "ISSUES",
    "SESSIONS",
    "FUNCTION_CALL_METADATA",
    "FUNCTION_CALL_PROCESS",
    "FUNCTION_CALL_METHOD",
    "FUNCTION_CALL_THREAD",
    "FUNCTION_CALL_SITE",
]


def test_every_table_of_the_document_has_its_type() -> None:
    assert [table.table_type for table in TABLES] == TABLE_TYPES
    assert BY_NAME.keys() == MODELS.keys()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_it_is_what_a_database_has(table: Table, store: str) -> None:
    with psycopg.connect(store) as connection:
        live = connection.execute(LIVE, [table.name]).fetchall()
        key = connection.execute(KEY, [table.name]).fetchall()
    described = [(column.name, column.type, column.required) for column in table.columns]
    assert [(name, short_type(type_), required) for name, type_, required in live] == described
    assert tuple(name for (name,) in key) == table.key


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_it_is_what_the_model_has(table: Table) -> None:
    fields = [field for field in MODELS[table.name]._meta.concrete_fields if field.column]
    types = [(str(field.column), str(field.db_type(connections["default"])), not field.null) for field in fields]
    assert types == [(column.name, column.type, column.required) for column in table.columns]


def test_names_that_count_microseconds_or_milliseconds_have_that_unit() -> None:
    units = {column.name.rpartition("_")[2]: column.unit for table in TABLES for column in table.columns}
    assert (units["us"], units["ms"]) == ("µs", "ms")
    for table in TABLES:
        for column in table.columns:
            assert column.unit == {"us": "µs", "ms": "ms"}.get(column.name.rpartition("_")[2], column.unit)
            assert (column.unit == "UTC") == (column.type == "timestamp")


def test_the_statements_of_the_tables_are_all_of_the_schema() -> None:
    made = "\n".join(table_statements(table.name) for table in TABLES)
    without_comments = re.sub(r"^--.*\n?", "", statements("schema.sql"), flags=re.MULTILINE)
    assert sorted(made.split()) == sorted(without_comments.split())


def test_comments_are_written_once_and_corrected_where_they_differ(new_database: Callable[..., str]) -> None:
    columns = sum(len(table.columns) for table in TABLES)
    with psycopg.connect(new_database(), autocommit=True) as owner:
        create_tables(owner)
        assert write_comments(owner) == columns + len(TABLES)
        assert write_comments(owner) == 0
        owner.execute("COMMENT ON COLUMN capture_issues.\"group\" IS 'mine'; COMMENT ON TABLE user_flow IS NULL")
        owner.execute("DROP TABLE session_tags; ALTER TABLE user_flow DROP COLUMN name")
        assert write_comments(owner) == 2
        row = owner.execute("SELECT obj_description('user_flow'::regclass, 'pg_class')").fetchone()
    assert row == ("USER_FLOW_METADATA: The user flows: what a session walks through.",)


def test_who_alters_a_table_is_not_waited_for(new_database: Callable[..., str]) -> None:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as owner:
        create_tables(owner)
        with psycopg.connect(url) as other:
            other.execute("ALTER TABLE user_flow ADD COLUMN mine int")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                write_comments(owner)
        assert write_comments(owner)


def test_the_page_of_the_docs_is_the_one_that_the_description_gives() -> None:
    page = Path(__file__).parents[3] / "docs" / "replica-schema.md"
    assert page.read_text() == as_markdown(), "run: python manage.py describe_schema > docs/replica-schema.md"
