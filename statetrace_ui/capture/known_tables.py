"""The tables of a source with their newest columns: those that are captured, and those of which history has rows."""

from typing import Any

import orjson
from django.db import connection

from statetrace_ui.history.models import Source
from statetrace_ui.wal.records import Column, Relation

NAMES_BEFORE_ALL = ("", "")
TABLES = """
WITH known AS (
    SELECT shape ->> 'schema_name' AS schema_name, shape ->> 'table_name' AS table_name,
           (shape ->> 'oid')::bigint AS oid, shape ->> 'replica_identity' AS replica_identity,
           shape -> 'columns' AS columns, 0 AS rank, 0::bigint AS age
    FROM history_source, jsonb_each(tables) AS entry (key, shape) WHERE history_source.id = %(source)s
    UNION ALL
    SELECT schema_name, table_name, oid, replica_identity, columns, 1, -id
    FROM history_relation WHERE source_id = %(source)s)
SELECT DISTINCT ON (schema_name, table_name) oid, schema_name, table_name, replica_identity, columns FROM known
WHERE (schema_name, table_name) > (%(schema)s, %(table)s)
  AND position(lower(%(named)s) in lower(schema_name || '.' || table_name)) > 0
ORDER BY schema_name, table_name, rank, age LIMIT %(limit)s
"""
TABLE = TABLES.replace(
    "(schema_name, table_name) > (%(schema)s, %(table)s)", "(schema_name, table_name) = (%(schema)s, %(table)s)"
)


def known_tables(
    source: Source, after: tuple[str, str] = NAMES_BEFORE_ALL, named: str = "", limit: int | None = None
) -> list[Relation]:
    """By name, from the one `after` on. named: a part of `schema.table`."""
    return _relations(TABLES, source, after, named, limit)


def known_table(source: Source, name: tuple[str, str]) -> Relation | None:
    return next(iter(_relations(TABLE, source, name, "", 1)), None)


def _relations(query: str, source: Source, name: tuple[str, str], named: str, limit: int | None) -> list[Relation]:
    values: dict[str, str | int | None] = {"source": source.pk, "named": named, "limit": limit}
    values["schema"], values["table"] = name
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [_relation(*row) for row in cursor.fetchall()]


def _relation(oid: int, schema_name: str, table_name: str, replica_identity: str, columns: Any) -> Relation:
    parsed = orjson.loads(columns) if isinstance(columns, str) else columns
    return Relation(oid, schema_name, table_name, replica_identity, tuple(Column(**column) for column in parsed))
