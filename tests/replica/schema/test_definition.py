"""The unmanaged models and `sql/schema.sql` describe the same tables."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.apps import apps

from replica.databases.connections import register
from replica.schema.definition import create_tables
from replica.schema.models import ReplicaIsReadOnly, ReplicaModel, UserFlow
from replica.schema.statuses import SessionStatus

MODELS = [model for model in apps.get_app_config("replica").get_models() if issubclass(model, ReplicaModel)]


def test_there_are_fifteen_tables() -> None:
    assert len(MODELS) == 15


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.db_table)
def test_model_has_the_columns_of_its_table(model: type[ReplicaModel], store: str) -> None:
    with psycopg.connect(store) as connection:
        columns = connection.execute(
            "SELECT column_name, character_maximum_length, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position",
            [model._meta.db_table],
        ).fetchall()
    fields = [field for field in model._meta.concrete_fields if field.column]
    assert [(f.column, f.max_length, "YES" if f.null else "NO") for f in fields] == columns


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.db_table)
@pytest.mark.django_db
def test_model_can_be_read(model: type[ReplicaModel], store: str) -> None:
    assert list(model.objects.using(register("replica_test", store)).all()) == []


def test_the_table_allows_the_statuses_that_the_code_knows(store: str) -> None:
    with psycopg.connect(store) as connection:
        row = connection.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'session_metadata'::regclass AND contype = 'c'"
        ).fetchone()
    assert row
    assert re.findall("'(.*?)'", row[0]) == SessionStatus.values


def test_models_refuse_to_write() -> None:
    with pytest.raises(ReplicaIsReadOnly):
        UserFlow(user_flow_id="x").save()
    with pytest.raises(ReplicaIsReadOnly):
        UserFlow.objects.using("replica_test").update(name="x")


def test_creating_the_tables_again_changes_nothing(new_database: Callable[..., str]) -> None:
    with psycopg.connect(new_database()) as connection:
        create_tables(connection)
        connection.execute("INSERT INTO user_flow VALUES ('f', 'Buy a lamp', NULL, '2026-03-01')")
        before = definition_of(connection), connection.execute("TABLE user_flow").fetchall()
        create_tables(connection)
        assert (definition_of(connection), connection.execute("TABLE user_flow").fetchall()) == before


def definition_of(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Every table, index and column that is not PostgreSQL's own, by the OID that a table made anew would change."""
    return connection.execute(
        "SELECT c.oid, c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace IN ('public'::regnamespace, 'bookkeeping'::regnamespace) ORDER BY c.oid, a.attnum"
    ).fetchall()


def test_an_alias_is_registered_once(store: str) -> None:
    assert register("replica_test", store) == register("replica_test", store) == "replica_test"
