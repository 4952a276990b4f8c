"""Servers and a worker that a test kills −9: an audited server, and the one that holds the dashboard's database."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from statetrace_ui.embedded import database_url
from statetrace_ui.operations.backups.programs import dump, restore
from tests.own_server import OwnServer
from tests.statetrace_ui.conftest import python_process

SHOP_SETTINGS = "max_prepared_transactions = 20\nfsync = off\n"


@contextmanager
def own_server(settings: str = "", database: str = "shop") -> Iterator[OwnServer]:
    server = OwnServer(settings, database)
    try:
        yield server
    finally:
        server.remove()


@contextmanager
def own_dashboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnServer]:
    """The dashboard's database on a server of its own, as it is now; this process and those it starts use that one."""
    with own_server(database="statetrace") as server, monkeypatch.context() as patch:
        _copy_to(server.url)
        connection.close()
        address = conninfo_to_dict(server.url)
        for ours, theirs in [("NAME", "dbname"), ("USER", "user"), ("PASSWORD", "password"), ("HOST", "host")]:
            patch.setitem(connection.settings_dict, ours, address[theirs])
        patch.setattr(settings, "REPLICA_SERVER_URL", server.url)
        try:
            yield server
        finally:
            connection.close()


def _copy_to(url: str) -> None:
    with connection.cursor() as cursor, psycopg.connect(url, autocommit=True) as database:
        database.execute("ALTER SYSTEM SET fsync = off")
        database.execute("SELECT pg_reload_conf()")
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        ((snapshot,),) = cursor.fetchall()
        session = database_url(settings.REPLICA_SERVER_URL, connection.settings_dict["NAME"])
        with dump(session, snapshot, database.info.server_version) as process:
            assert process.stdout
            restore(url, process.stdout, database.info.server_version)
        cursor.execute("COMMIT")


class Worker:
    """`run_capture` in a process, which begins anew at once when it is killed −9."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        name = "tests.statetrace_ui.capture.verification.fast_capture"
        self._parent = self._stack.enter_context(python_process(folder, "-m", name))

    def kill(self) -> None:
        for child in psutil.Process(self._parent.pid).children():
            child.kill()

    @property
    def works(self) -> bool:
        """False once it has ended by itself, which it may not."""
        return self._parent.poll() is None

    def end(self) -> None:
        children = psutil.Process(self._parent.pid).children() if self.works else []
        self._parent.kill()  # first, or it would begin another one
        for child in children:
            child.kill()
        self._stack.close()
