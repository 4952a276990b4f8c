"""Reads many rows of a replica at once, as Arrow columns: PostgreSQL's binary COPY by way of ADBC."""

from collections.abc import Iterator
from contextlib import contextmanager

from adbc_driver_postgresql import dbapi

from replica.databases import addresses, identity
from replica.databases.deadlines import GRACE_SECONDS, socket_deadline
from replica.databases.server import CONNECT_TIMEOUT, LIVELINESS
from statetrace_ui.addresses import is_protected


@contextmanager
def column_cursor(url: str, seconds: int) -> Iterator[dbapi.Cursor]:
    """A cursor on a connection of its own, whose results come as Arrow columns.

    The server ends a statement that takes longer than `seconds`; a little later the connection is closed, whatever the
    server does. The cursor binds no parameters: write them into the statement (`named_queries.literal_text`).
    Raises adbc_driver_manager.OperationalError if the server does not answer, OwnDatabase if an address that somebody
    entered leads to a database of ours.
    """
    with socket_deadline(seconds + GRACE_SECONDS) as mark:
        options = {**LIVELINESS, "connect_timeout": CONNECT_TIMEOUT, "tcp_user_timeout": mark}
        full = addresses.with_parts(url, **{name: str(value) for name, value in options.items()})
        with dbapi.connect(full) as connection, connection.cursor() as cursor:
            if is_protected(url):
                identity.require_foreign(identity.ask(cursor))
            cursor.execute(f"SET statement_timeout = '{seconds}s'")
            yield cursor
