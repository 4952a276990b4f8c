"""Creates the tables of the store and of replica databases from the definition files."""

from functools import cache
from pathlib import Path
from typing import Any

import psycopg

SQL = Path(__file__).parent / "sql"


@cache
def statements(file: str) -> str:
    """The text of one of the files in `replica/schema/sql`."""
    return (SQL / file).read_text()


def create_tables(connection: psycopg.Connection[Any]) -> None:
    """Create the replica's tables and the bookkeeping beside them; those that exist stay as they are."""
    with connection.transaction():
        connection.execute(statements("schema.sql"))
        connection.execute(statements("bookkeeping.sql"))
