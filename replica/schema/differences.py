"""How a replica differs from the schema, what that means to pages and exports, and the SQL that ends it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from replica.schema.actual import ActualColumn, ActualTable
from replica.schema.columns import Column, Table
from replica.schema.definition import table_indexes, table_statements
from replica.schema.description import TABLES

CHARACTERS = ("char", "varchar", "text")
WIDTH = re.compile(r"(\w+)\((\d+)\)")


@dataclass(frozen=True, slots=True)
class Difference:
    """column: '' if it is the table. upgrade: the SQL that ends it; '' where none is needed."""

    table: str
    column: str
    what: str
    meaning: str
    upgrade: str = ""

    @property
    def loses_rows(self) -> bool:
        """Whether what is made anew is empty, so that sessions must be copied again."""
        return self.what in ("missing table", "missing column")


def differences(actual: Mapping[str, ActualTable], reader: str) -> list[Difference]:
    """All differences between the schema and what is there for the role `reader`; a user flow's own table is none."""
    known = {table.name for table in TABLES}
    expected = [one for table in TABLES for one in _of_table(table, actual.get(table.name), reader)]
    extra = [_extra_table(one) for name, one in actual.items() if name not in known and not one.is_legacy]
    return expected + extra


def _of_table(table: Table, actual: ActualTable | None, reader: str) -> list[Difference]:
    if actual is None:
        meaning = "Pages show none of these, and a sync that has some fails."
        return [Difference(table.name, "", "missing table", meaning, table_statements(table.name))]
    found = [_of_column(table.name, column, actual.columns.get(column.name)) for column in table.columns]
    described = {column.name for column in table.columns}
    extra = [_extra_column(table.name, one) for name, one in actual.columns.items() if name not in described]
    known = [one for one in found if one]
    return [*_of_access(actual, reader), *known, *_without_values(table, actual), *extra, *_of_indexes(actual)]


def _without_values(table: Table, actual: ActualTable) -> list[Difference]:
    """Columns that must have a value by the schema, and need none here. Rows may lack it, so no upgrade demands it."""
    meaning = "It takes NULL. Pages may leave out rows without it; syncs write none."
    return [
        Difference(table.name, column.name, "takes NULL", meaning)
        for column in table.columns
        if column.required and column.name in actual.columns and actual.columns[column.name].takes_null
    ]


def _of_indexes(actual: ActualTable) -> list[Difference]:
    """Indexes of the schema whose columns begin none that is there. A view has none, and is told by no difference."""
    if actual.kind not in "rp":
        return []
    meaning = "What looks for {} reads the whole table, so pages and syncs take longer the more it holds."
    return [
        Difference(actual.name, "", "missing index", meaning.format(", ".join(columns)), statement)
        for columns, statement in table_indexes(actual.name)
        if not any(found[: len(columns)] == columns for found in actual.indexes)
    ]


def _of_access(actual: ActualTable, reader: str) -> list[Difference]:
    if actual.is_readable:
        return []
    meaning = "The role by which pages read may not read it, so they show none of these."
    grant = sql.SQL("GRANT SELECT ON {} TO {};").format(sql.Identifier(actual.name), sql.Identifier(reader))
    return [Difference(actual.name, "", "not readable", meaning, grant.as_string())]


def _of_column(table: str, column: Column, actual: ActualColumn | None) -> Difference | None:
    if actual is None:
        meaning = "Pages show it as empty, and a sync of this table fails."
        return Difference(table, column.name, "missing column", meaning, _alter(table, "ADD COLUMN {} {}", column))
    if actual.type == column.type:
        return None
    if _base(actual.type) in CHARACTERS and _base(column.type) in CHARACTERS:
        return _other_width(table, column, actual.type)
    meaning = f"It is {actual.type} instead of {column.type}. Pages may not understand its values; a sync may fail."
    using = "" if _base(column.type) in CHARACTERS else " USING {0}::{1}"
    upgrade = _alter(table, "ALTER COLUMN {0} TYPE {1}" + using, column)
    return Difference(table, column.name, "other type", meaning, upgrade)


def _other_width(table: str, column: Column, actual: str) -> Difference:
    is_narrower = _width(actual) < _width(column.type)
    if not is_narrower:
        meaning = f"It is {actual} instead of {column.type}: whatever the document allows fits."
        return Difference(table, column.name, "wider", meaning)
    meaning = f"It is {actual} instead of {column.type}: a sync of longer values fails."
    return Difference(table, column.name, "narrower", meaning, _alter(table, "ALTER COLUMN {} TYPE {}", column))


def _extra_column(table: str, column: ActualColumn) -> Difference:
    if column.must_be_given:
        meaning = "It takes no NULL and has no default, so every sync of this table fails."
        return Difference(table, column.name, "extra column", meaning, _alter_null(table, column.name))
    return Difference(table, column.name, "extra column", "Pages do not read it, and syncs leave it empty.")


def _extra_table(table: ActualTable) -> Difference:
    return Difference(table.name, "", "extra table", "It is not of the document. Pages do not read it, syncs leave it.")


def _alter(table: str, change: str, column: Column) -> str:
    parts = sql.SQL(change).format(sql.Identifier(column.name), sql.SQL(column.type))
    return f"{sql.SQL('ALTER TABLE {} ').format(sql.Identifier(table)).as_string()}{parts.as_string()};"


def _alter_null(table: str, column: str) -> str:
    change = sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL;")
    return change.format(sql.Identifier(table), sql.Identifier(column)).as_string()


def _base(type_: str) -> str:
    return type_.partition("(")[0]


def _width(type_: str) -> float:
    found = WIDTH.fullmatch(type_)
    return int(found[2]) if found else 1 if type_ == "char" else float("inf")
