"""The unmanaged models and `sql/schema.sql` describe the same tables."""

from collections.abc import Callable

import psycopg
import pytest
from django.apps import apps

from replica.databases.connections import register
from replica.schema.definition import create_tables
from replica.schema.models import ReplicaIsReadOnly, ReplicaModel, UserFlow

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


def test_models_refuse_to_write() -> None:
    with pytest.raises(ReplicaIsReadOnly):
        UserFlow(user_flow_id="x").save()
    with pytest.raises(ReplicaIsReadOnly):
        UserFlow.objects.using("replica_test").update(name="x")


# Everything that a definition could change: relations by their number, columns, constraints, and what holds rows.
CATALOGUE = """
SELECT c.oid, c.relname, c.relkind, pg_relation_filenode(c.oid), coalesce(pg_get_indexdef(i.indexrelid), ''),
       (SELECT array_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, d.adbin::text)
                         ORDER BY a.attnum)
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
        WHERE a.attrelid = c.oid AND a.attnum > 0),
       (SELECT array_agg(k.oid::text || pg_get_constraintdef(k.oid) ORDER BY k.oid)
        FROM pg_constraint k WHERE k.conrelid = c.oid)
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_%' OR nspname = 'information_schema')
ORDER BY c.oid
"""


def test_creating_the_tables_again_changes_nothing(new_database: Callable[..., str]) -> None:
    with psycopg.connect(new_database()) as connection:
        create_tables(connection)
        connection.execute("INSERT INTO user_flow VALUES ('a', 'Checkout', NULL, '2026-01-01')")
        before = connection.execute(CATALOGUE).fetchall()
        create_tables(connection)
        assert connection.execute(CATALOGUE).fetchall() == before
        assert connection.execute("SELECT name FROM user_flow").fetchall() == [("Checkout",)]
    assert {name for _, name, *_ in before} >= {model._meta.db_table for model in MODELS}


def test_an_alias_is_registered_once(store: str) -> None:
    assert register("replica_test", store) == register("replica_test", store) == "replica_test"
