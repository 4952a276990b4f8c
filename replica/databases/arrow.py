"""Reads many rows of a replica at once, as Arrow columns: PostgreSQL's binary COPY by way of ADBC."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from adbc_driver_postgresql import dbapi

from replica.databases import addresses, identity
from replica.databases.deadlines import GRACE_SECONDS, socket_deadline
from replica.databases.server import CONNECT_TIMEOUT, LIVELINESS
from replica.databases.shapes import missing_of
from replica.schema.named_queries import literal_text
from replica.schema.stand_ins import shape_statement, standing_in
from statetrace_ui.addresses import is_protected


class Columns:
    """Runs named queries on a connection of its own; what the replica lacks counts as empty."""

    def __init__(self, cursor: dbapi.Cursor, url: str) -> None:
        self._cursor = cursor
        self._missing = missing_of(url, self._shape)

    def table(self, name: str, **parameters: Any) -> pa.Table:
        """All rows of the query called `name`."""
        return self._executed(name, parameters).fetch_arrow_table()

    def batches(self, name: str, **parameters: Any) -> pa.RecordBatchReader:
        """The rows of the query called `name`, a batch at a time."""
        return self._executed(name, parameters).fetch_record_batch()

    def _executed(self, name: str, parameters: dict[str, Any]) -> dbapi.Cursor:
        # ADBC binds no parameters to what it reads by COPY, so they are written into the statement.
        self._cursor.execute(standing_in(literal_text(name, **parameters), self._missing))
        return self._cursor

    def _shape(self) -> list[tuple[str, str | None, str | None]]:
        self._cursor.execute(shape_statement())
        return [(row["name"], row["kind"], row["column"]) for row in self._cursor.fetch_arrow_table().to_pylist()]


@contextmanager
def column_cursor(url: str, seconds: int) -> Iterator[Columns]:
    """Named queries on a connection of their own, whose results come as Arrow columns.

    The server ends a statement that takes longer than `seconds`; a little later the connection is closed, whatever the
    server does. Raises adbc_driver_manager.OperationalError if the server does not answer, OwnDatabase if an address
    that somebody entered leads to a database of ours.
    """
    with socket_deadline(seconds + GRACE_SECONDS) as mark:
        options = {**LIVELINESS, "connect_timeout": CONNECT_TIMEOUT, "tcp_user_timeout": mark}
        full = addresses.with_parts(url, **{name: str(value) for name, value in options.items()})
        with dbapi.connect(full) as connection, connection.cursor() as cursor:
            if is_protected(url):
                identity.require_foreign(identity.ask(cursor))
            cursor.execute(f"SET statement_timeout = '{seconds}s'")
            yield Columns(cursor, url)
