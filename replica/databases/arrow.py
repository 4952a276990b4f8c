"""Many rows out of a replica at once: binary COPY → Arrow → numpy, by a connection of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from adbc_driver_postgresql import dbapi


@contextmanager
def column_cursor(url: str, seconds: int) -> Iterator[dbapi.Cursor]:
    """A cursor whose results come as Arrow columns; a statement that takes longer than `seconds` is ended.

    It binds no parameters. Raises adbc_driver_manager.OperationalError where the replica does not answer.
    """
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{seconds}s'")
        yield cursor
