"""Stands in for what a replica lacks, so that a missing or unreadable table means "none of these" on every page.

A statement that names such a table gets a CTE of that name in front of it, which hides the table: without rows where
the table is missing, with NULLs where only columns are. So queries are written for the whole schema and for it alone.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connections
from psycopg import sql

# What is there of each table, for the role that asks. `xmin` is a column of tables alone, not of views, and is only for
# those who may read the whole table.
SHAPE = """
SELECT wanted.name, CASE WHEN pg_catalog.has_table_privilege(c.oid, 'SELECT') THEN c.relkind::text END AS kind,
    a.attname::text AS column
FROM pg_catalog.unnest({tables}::text[]) AS wanted (name)
LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(wanted.name))
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
"""
WITH_XMIN = ("r", "p", "m")  # tables, partitioned tables, materialised views
StandIns = Mapping[str, str]  # by table: the definition of a CTE
OWN_PARTS = re.compile(r"(?:\s|--[^\n]*\n)*WITH\s")  # how a statement with parts of its own begins; none is recursive
Execute = Callable[..., Any]


@cache
def shape_statement() -> str:
    """The statement that asks for (table, kind or None, column or None) of all tables; it takes no parameters."""
    return sql.SQL(SHAPE).format(tables=sql.Literal(list(_columns()))).as_string()


def stand_ins(shape: Iterable[tuple[str, str | None, str | None]]) -> StandIns:
    """The stand-ins that a replica of this shape needs; none for one that has all tables and columns."""
    kinds: dict[str, str | None] = {}
    found: dict[str, set[str]] = {}
    for table, kind, column in shape:
        kinds[table] = kind
        found.setdefault(table, set()).update([column] if column else [])
    return {
        table: _definition(table, found[table], kinds[table] in WITH_XMIN)
        for table, columns in _columns().items()
        if not (columns.keys() <= found[table] and kinds[table] in WITH_XMIN)
    }


def _definition(table: str, found: set[str], has_xmin: bool) -> str:
    """A CTE with every column of the table; of those not found, NULL. Without any column found, no row."""
    columns: list[sql.Composable] = [
        sql.Identifier(name)
        if name in found
        else sql.SQL("NULL::{} AS {}").format(sql.SQL(type_), sql.Identifier(name))
        for name, type_ in _columns()[table].items()
    ]
    columns.append(sql.SQL("xmin" if has_xmin and found else "NULL::xid AS xmin"))
    rows = sql.SQL("FROM {}").format(sql.Identifier(table)) if found else sql.SQL("WHERE false")
    whole = sql.SQL("{} AS (SELECT {} {})").format(sql.Identifier(table), sql.SQL(", ").join(columns), rows)
    return whole.as_string()


def standing_in(statement: str, missing: StandIns) -> str:
    """The statement, a SELECT that may have parts of its own (WITH), with stand-ins for the tables that it names."""
    needed = [definition for table, definition in missing.items() if re.search(rf"\b{table}\b", statement)]
    if not needed:
        return statement
    parts = OWN_PARTS.match(statement)
    rest = f", {statement[parts.end() :]}" if parts else f" {statement}"
    return f"WITH {', '.join(needed)}{rest}"


class StandingIn:
    """For `connection.execute_wrappers`: every statement gets the stand-ins that it needs."""

    def __init__(self, missing: StandIns) -> None:
        self._missing = missing

    def __call__(self, execute: Execute, statement: str, params: Any, many: bool, context: Any) -> Any:
        return execute(standing_in(statement, self._missing), params, many, context)


@cache
def _columns() -> dict[str, dict[str, str]]:
    """The type of every column, by table and name."""
    models = apps.get_app_config("replica").get_models()
    return {
        model._meta.db_table: {
            str(field.column): str(field.db_type(connections["default"])) for field in model._meta.concrete_fields
        }
        for model in models
    }
