"""The definition files, applied: how the store and every replica database get their tables."""

from functools import cache
from pathlib import Path
from typing import Any

import psycopg

SQL = Path(__file__).parent / "sql"


@cache
def statements(file: str) -> str:
    """The text of one of the files in `replica/sql`."""
    return (SQL / file).read_text()


def create_tables(connection: psycopg.Connection[Any]) -> None:
    """Create what is missing of the replica's tables and of the bookkeeping beside them; harmless when all is there."""
    with connection.transaction():
        connection.execute(statements("schema.sql"))
        connection.execute(statements("bookkeeping.sql"))
