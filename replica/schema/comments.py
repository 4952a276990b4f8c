"""Writes what tables and columns mean into a database, as COMMENT ON; tools show that beside the names."""

from typing import Any

import psycopg
from psycopg import sql

from replica.schema.description import TABLES

Connection = psycopg.Connection[Any]
LOCK_SECONDS = 2  # a comment waits for VACUUM and ALTER TABLE alone; nobody who reads or writes waits for it
FOUND = """
SELECT c.relname::text, coalesce(a.attname::text, ''), pg_catalog.col_description(c.oid, coalesce(a.attnum, 0)),
       pg_catalog.obj_description(c.oid, 'pg_class')
FROM pg_catalog.unnest(%s::text[]) AS wanted (name)
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass('public.' || pg_catalog.quote_ident(wanted.name))
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
"""


def write_comments(owner: Connection) -> int:
    """Write the comments that are missing or differ, of the tables and columns that are there; how many.

    Raises psycopg.errors.LockNotAvailable where somebody alters a table just now.
    """
    statements = _differing(owner)
    if statements:
        with owner.transaction():
            owner.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(f"{LOCK_SECONDS}s"))
            for statement in statements:
                owner.execute(statement)
    return len(statements)


def _differing(owner: Connection) -> list[sql.Composed]:
    rows = owner.execute(FOUND, [[table.name for table in TABLES]]).fetchall()
    of_tables = {table: comment for table, _, _, comment in rows}
    of_columns = {(table, column): comment for table, column, comment, _ in rows}
    return [
        *(
            sql.SQL("COMMENT ON TABLE {} IS {}").format(sql.Identifier("public", table.name), table.comment)
            for table in TABLES
            if table.name in of_tables and of_tables[table.name] != table.comment
        ),
        *(
            sql.SQL("COMMENT ON COLUMN {} IS {}").format(
                sql.Identifier("public", table.name, column.name), column.comment
            )
            for table in TABLES
            for column in table.columns
            if (table.name, column.name) in of_columns and of_columns[table.name, column.name] != column.comment
        ),
    ]
