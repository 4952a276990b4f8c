"""Reads many rows of a replica at once, as Arrow columns: PostgreSQL's binary COPY by way of ADBC."""

from collections.abc import Iterator
from contextlib import contextmanager

from adbc_driver_postgresql import dbapi


@contextmanager
def column_cursor(url: str, seconds: int) -> Iterator[dbapi.Cursor]:
    """A cursor on a connection of its own, whose results come as Arrow columns.

    The server ends a statement that takes longer than `seconds`. The cursor binds no parameters: write them into the
    statement (`named_queries.literal_text`). Raises adbc_driver_manager.OperationalError if the server does not answer.
    """
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{seconds}s'")
        yield cursor
