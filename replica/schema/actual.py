"""What a replica really has: its tables with their columns, rows and sizes, as its catalogue tells them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from replica.schema.columns import short_type
from replica.schema.description import LEGACY, TABLES

MOST_OTHERS = 100  # tables beside the document's that are listed
COUNTED = 10_000  # rows that are counted at most, of a table whose number the server does not know yet
Ask = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]  # runs a statement with parameters

OTHERS = """
SELECT relname::text FROM pg_catalog.pg_class
WHERE relnamespace IN (SELECT n::regnamespace FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS s (n))
  AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition AND relname <> ALL (%s)
ORDER BY relname LIMIT %s
"""
FACTS = """
SELECT wanted.name, c.relkind::text, pg_catalog.has_table_privilege(c.oid, 'SELECT'),
       coalesce((SELECT sum(leaf.reltuples) FROM pg_catalog.pg_partition_tree(c.oid) t
                 JOIN pg_catalog.pg_class leaf ON leaf.oid = t.relid WHERE t.isleaf AND leaf.reltuples >= 0),
                c.reltuples)::float8,
       CASE WHEN c.relkind IN ('r', 'p', 'm') THEN
           coalesce((SELECT sum(pg_catalog.pg_total_relation_size(t.relid)) FROM pg_catalog.pg_partition_tree(c.oid) t),
                    pg_catalog.pg_total_relation_size(c.oid))::bigint END,
       pg_catalog.obj_description(c.oid, 'pg_class')
FROM pg_catalog.unnest(%s::text[]) WITH ORDINALITY AS wanted (name, place)
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(wanted.name))
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY wanted.place
"""
COLUMNS = """
SELECT wanted.name, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', a.attnotnull OR c.relkind NOT IN ('r', 'p'),
       pg_catalog.col_description(c.oid, a.attnum)
FROM pg_catalog.unnest(%s::text[]) AS wanted (name)
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(wanted.name))
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY wanted.name, a.attnum
"""


# Whole and valid ones: which columns each is of, in order.
INDEXES = """
SELECT wanted.name, (
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.place)
    FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number)
FROM pg_catalog.unnest(%s::text[]) AS wanted (name)
JOIN pg_catalog.pg_index i ON i.indrelid = pg_catalog.to_regclass(pg_catalog.quote_ident(wanted.name))
WHERE i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
"""


@dataclass(frozen=True, slots=True)
class ActualColumn:
    """must_be_given: an INSERT that does not name it fails. takes_null: nothing keeps its rows from having no value."""

    name: str
    type: str
    must_be_given: bool = False
    takes_null: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ActualTable:
    """rows: about how many, None if unknown; size: with its indexes, in bytes, None for what is no table."""

    name: str
    kind: str = "r"
    is_readable: bool = True
    rows: int | None = None
    size: int | None = None
    comment: str = ""
    columns: dict[str, ActualColumn] = field(default_factory=dict)
    indexes: list[tuple[str, ...]] = field(default_factory=list)
    rows_are_counted: bool = False

    @property
    def is_legacy(self) -> bool:
        """Whether it is a user flow's own table of measurements, by the comment that exports give it."""
        return self.comment.startswith(f"{LEGACY}:")

    @property
    def has_more_rows(self) -> bool:
        return self.rows_are_counted and self.rows is not None and self.rows > COUNTED


def read_tables(ask: Ask) -> dict[str, ActualTable]:
    """The document's tables that are there, by name, and then up to MOST_OTHERS others.

    The work is that of the catalogue: rows are estimates, and of what has none at most COUNTED are counted.
    """
    wanted = [table.name for table in TABLES]
    names = wanted + [name for (name,) in ask(OTHERS, [wanted, MOST_OTHERS])]
    columns: dict[str, dict[str, ActualColumn]] = {}
    for table, name, type_, must_be_given, has_value, comment in ask(COLUMNS, [names]):
        column = ActualColumn(name, short_type(type_), must_be_given, not has_value, comment or "")
        columns.setdefault(table, {})[name] = column
    indexes: dict[str, list[tuple[str, ...]]] = {}
    for table, indexed in ask(INDEXES, [wanted]):
        indexes.setdefault(table, []).append(tuple(indexed or ()))
    facts = ask(FACTS, [names])
    return {row[0]: _table(ask, row, columns.get(row[0], {}), indexes.get(row[0], [])) for row in facts}


def _table(
    ask: Ask, row: tuple[Any, ...], columns: dict[str, ActualColumn], indexes: list[tuple[str, ...]]
) -> ActualTable:
    name, kind, is_readable, rows, size, comment = row
    must_count = rows < 0 and kind == "r" and is_readable
    if must_count:
        rows = _counted(ask, name)
    known = int(rows) if rows >= 0 and kind in "rpm" else None
    return ActualTable(name, kind, is_readable, known, size, comment or "", columns, indexes, must_count)


def _counted(ask: Ask, name: str) -> int:
    few = sql.SQL("SELECT count(*) FROM (SELECT FROM {} LIMIT {}) AS few")
    [(count,)] = ask(few.format(sql.Identifier(name), COUNTED + 1).as_string(), [])
    return int(count)
