"""Connections by which programs' requests read the store. They stay open: to make one takes longer than to read."""

from contextlib import AbstractContextManager
from threading import Lock

from django.conf import settings
from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

from replica.databases.server import CONNECT_TIMEOUT, LIVELINESS

OPTIONS = {"autocommit": True, "row_factory": dict_row, "connect_timeout": CONNECT_TIMEOUT, **LIVELINESS}
MOST = 8  # at a time; others wait
PATIENCE = 5.0  # seconds
_pools: dict[str, ConnectionPool[Connection[DictRow]]] = {}
_making = Lock()


def store_reader() -> AbstractContextManager[Connection[DictRow]]:
    """A connection in autocommit mode. Raises psycopg.OperationalError if the store does not answer."""
    url = settings.STORE_URL
    with _making:
        if url not in _pools:
            _pools[url] = ConnectionPool(
                url,
                kwargs=OPTIONS,
                min_size=0,
                max_size=MOST,
                timeout=PATIENCE,
                reconnect_timeout=PATIENCE,
                # A restarted server leaves dead connections behind.
                check=ConnectionPool.check_connection,
                open=True,
            )
    return _pools[url].connection()
