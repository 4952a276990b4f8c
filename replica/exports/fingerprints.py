"""The content of a session's tables as numbers that the database itself computes, whatever the order of the rows.

Each row is written as text under fixed settings, hashed by SHA-256, and the first halves of the hashes are added up: as
two sums of 64 bits each. Functions and operators are those of pg_catalog, whatever else a database defines.
"""

from collections.abc import Collection
from functools import cache
from typing import NamedTuple

import psycopg
from psycopg import sql

from replica.exports.copy import Connection, Version, session_tables, version_of
from replica.schema.models import PaddedCharField, ReplicaModel

SETTINGS = {
    "search_path": "pg_catalog, pg_temp",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "TimeZone": "UTC",
    "extra_float_digits": "1",  # the shortest text that reads back as the same number
    "bytea_output": "hex",
    "xmloption": "content",
}
SET = "SELECT pg_catalog.set_config(%s, %s, true)"
# The sum of bigint is a numeric that nothing overflows.
OF_TABLE = """
SELECT {name}::text, count(*), concat_ws(' ', sum({first}::bigint), sum({second}::bigint))
FROM (
    SELECT encode(sha256(convert_to(ROW({columns})::text, 'UTF8')), 'hex') AS hash
    FROM public.{table} WHERE session_id = {session}
) AS hashed
"""


class Fingerprint(NamedTuple):
    """Of the rows of one session in one table."""

    rows: int
    content: str


def fingerprints(
    connection: Connection, flow_id: str, session_id: str, tables: Collection[str]
) -> tuple[Version | None, dict[str, Fingerprint]]:
    """The session's version and the fingerprint of each of the tables that has rows of it, read as of one moment.

    Raises psycopg.Error, also if the database lacks one of the tables.
    """
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with connection.transaction():
        version = version_of(connection, flow_id, session_id)
        for name, value in SETTINGS.items():
            connection.execute(SET, [name, value])
        found = connection.execute(_statement(frozenset(tables)), {"session": session_id}).fetchall()
    return version, {table: Fingerprint(rows, content) for table, rows, content in found if rows}


@cache
def _statement(tables: frozenset[str]) -> sql.Composed:
    parts = [_of_table(table) for table in sorted(tables & session_tables().keys())]
    return sql.SQL(" UNION ALL ").join(parts)


def _of_table(table: str) -> sql.Composed:
    return sql.SQL(OF_TABLE).format(
        name=table,
        first=_half(1),
        second=_half(17),
        columns=sql.SQL(", ").join(_text(table, column) for column in session_tables()[table]),
        table=sql.Identifier(table),
        session=sql.Placeholder("session"),
    )


def _half(begin: int) -> sql.Composed:
    return sql.SQL("('x' || substr(hash, {}, 16))::bit(64)").format(sql.Literal(begin))


def _text(table: str, column: str) -> sql.Composed:
    """A column as text; one that is padded without its blanks, in whatever type a database keeps it."""
    cast = sql.SQL("{}::text").format(sql.Identifier(column))
    return sql.SQL("rtrim({}, ' ')").format(cast) if column in _padded(table) else cast


@cache
def _padded(table: str) -> frozenset[str]:
    [model] = [one for one in ReplicaModel.__subclasses__() if one._meta.db_table == table]
    fields = [field for field in model._meta.concrete_fields if isinstance(field, PaddedCharField)]
    return frozenset(field.column or "" for field in fields)
