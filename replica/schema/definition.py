"""Creates the tables of the store and of replica databases from the definition files."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors

SQL = Path(__file__).parent / "sql"
DEFINITIONS = ("schema.sql", "bookkeeping.sql")
MADE = re.compile(r"^CREATE (?:TABLE|INDEX) IF NOT EXISTS ([\w.]+)(?: ON ([\w.]+))?", re.MULTILINE)
ATTEMPTS = 5
# Two who create the same tables at once: one of them meets what the other has made in between.
OVERTAKEN = (errors.UniqueViolation, errors.DuplicateTable, errors.DuplicateSchema, errors.DeadlockDetected)


@cache
def statements(file: str) -> str:
    """The text of one of the files in `replica/schema/sql`."""
    return (SQL / file).read_text()


@cache
def table_statements(table: str) -> str:
    """The statements of `schema.sql` that make a table and its indexes."""
    made = re.findall(r"^CREATE (?:TABLE|INDEX) .*?;$", statements("schema.sql"), re.MULTILINE | re.DOTALL)
    return "\n".join(one for one in made if re.match(rf"CREATE (?:TABLE IF NOT EXISTS|INDEX .* ON) {table} ", one))


@cache
def table_indexes(table: str) -> list[tuple[tuple[str, ...], str]]:
    """The columns of each index of the table, the primary key's first, with the statement that makes one of them."""
    text = table_statements(table)
    keys = re.findall(r"PRIMARY KEY \(([^)]+)\)", text) + re.findall(
        r"^ +(\w+) [^\n]*PRIMARY KEY,?$", text, re.MULTILINE
    )
    made = [(key, f"CREATE INDEX ON {table} ({key});") for key in keys]
    made += [(one[2], one[1]) for one in re.finditer(r"^(CREATE INDEX [^(]+\(([^)]+)\);)$", text, re.MULTILINE)]
    return [(tuple(part.split()[0] for part in columns.split(",")), statement) for columns, statement in made]


@cache
def relations() -> list[str]:
    """The tables and indexes that the definition files make; an index lies in the schema of its table."""
    made = [found for file in DEFINITIONS for found in MADE.findall(statements(file))]
    return [f"{table.rpartition('.')[0]}.{name}".lstrip(".") for name, table in made]


def has_tables(connection: psycopg.Connection[Any]) -> bool:
    """Whether all tables and indexes are there. It takes no lock that anything else waits for."""
    query = "SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%s::text[]) name"
    row = connection.execute(query, [relations()]).fetchone()
    return bool(row and row[0])


def create_tables(connection: psycopg.Connection[Any]) -> None:
    """Create the replica's tables and the bookkeeping beside them; those that exist stay as they are.

    Where nothing is missing, nothing is locked: CREATE INDEX IF NOT EXISTS would wait for every transaction that
    writes, even where the index exists.
    """
    for attempt in range(1, ATTEMPTS + 1):
        if has_tables(connection):
            return
        try:
            with connection.transaction():
                for file in DEFINITIONS:
                    connection.execute(statements(file))
        except OVERTAKEN:
            if attempt == ATTEMPTS:
                raise
