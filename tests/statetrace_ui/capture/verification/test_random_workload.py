"""An application does whatever it likes, worker and server are killed −9, and history is what the tables hold."""

import io
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from statetrace_ui.capture.table_work import position
from statetrace_ui.history.models import Source
from statetrace_ui.wal.connection import connect
from statetrace_ui.wal.snapshot import end_of_records
from tests.own_server import OwnServer
from tests.statetrace_ui.capture.verification.conftest import CLEAN, verify
from tests.statetrace_ui.capture.verification.workload import TABLES, Writer, end_prepared
from tests.statetrace_ui.conftest import Audited, python_process
from tests.waiting import wait_until

ROUNDS = int(os.environ.get("WORKLOAD_ROUNDS", "4"))
LONG_ROUNDS = int(os.environ.get("WORKLOAD_LONG_ROUNDS", "200"))
WRITERS, WRITES, ALTERATIONS = 3, 30, 6
SETTINGS = "max_prepared_transactions = 20\nfsync = off\n"


@pytest.fixture
def server() -> Iterator[OwnServer]:
    server = OwnServer(SETTINGS)
    yield server
    server.remove()


class Capture:
    """`run_capture` in a process, which can be killed −9 and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()

    def start(self) -> None:
        name = "tests.statetrace_ui.capture.verification.fast_capture"
        self._stack.enter_context(python_process(self._folder, "-m", name))

    def kill(self) -> None:
        self._stack.close()


class Round:
    """One round: everybody works at once, something is killed, and then all comes to rest."""

    def __init__(self, chance: random.Random, server: OwnServer, capture: Capture) -> None:
        self._chance, self._server, self._capture = chance, server, capture

    def run(self) -> None:
        seeds = [self._chance.randrange(1 << 30) for _ in range(WRITERS + 1)]
        writers = [Writer(self._url, seed, WRITES, "writes") for seed in seeds[:-1]]
        writers.append(Writer(self._url, seeds[-1], ALTERATIONS, "alterations"))
        killers = [threading.Thread(target=kill) for kill in self._kills()]
        for thread in [*writers, *killers]:
            thread.start()
        for thread in [*writers, *killers]:
            thread.join()
        with psycopg.connect(self._url(), autocommit=True) as database:
            end_prepared(database, self._chance, 1.0)
        assert sum(writer.refused for writer in writers) < sum(writer.done for writer in writers) / 2

    def _url(self) -> str:
        return self._server.url

    def _kills(self) -> list[Callable[[], None]]:
        fate = self._chance.random()
        return [self._kill_worker] * (fate < 0.5) + [self._kill_server] * (fate < 0.2)

    def _kill_worker(self) -> None:
        threading.Event().wait(self._chance.random() / 2)
        self._capture.kill()
        self._capture.start()

    def _kill_server(self) -> None:
        threading.Event().wait(self._chance.random() / 2)
        self._server.kill()
        self._server.start()


def settled_and_verified(source: Source, url: str) -> tuple[int, dict[str, Any]]:
    """What `verify_history` says once every table is published and read that has to be."""
    shop = Audited(url)
    try:
        with connect(url) as database:
            target = end_of_records(position(database))
            wait_until(lambda: shop.is_settled(source, target, database))
    finally:
        shop.connection.close()
    return verify("shop", "--chain")


@pytest.mark.parametrize("rounds", [ROUNDS, pytest.param(LONG_ROUNDS, marks=pytest.mark.long)], ids=["short", "long"])
def test_history_is_what_the_tables_hold(audited: Audited, server: OwnServer, tmp_path: Path, rounds: int) -> None:
    seed = int(os.environ.get("WORKLOAD_SEED", "0")) or random.randrange(1 << 30)
    sys.stderr.write(f"WORKLOAD_SEED={seed}\n")
    chance, capture = random.Random(seed), Capture(tmp_path)
    shop = Audited(server.url)
    shop.run(*TABLES)
    shop.connection.close()
    call_command("add_source", "shop", server.url, "--exclude", "public.everything.hidden", stdout=io.StringIO())
    source = Source.objects.get()
    capture.start()
    rows: dict[str, int] = {}
    try:
        for number in range(rounds):
            Round(chance, server, capture).run()
            status, document = settled_and_verified(source, server.url)
            problems = [one for one in document.get("tables", []) if one["differences"] or one["not_compared"]]
            rows.update({one["table"]: one["rows"] for one in document.get("tables", []) if one["rows"]})
            assert (status, problems, document.get("error")) == (CLEAN, [], None), f"round {number}, seed {seed}"
    finally:
        capture.kill()
    assert {"public.everything", "public.keyless", "public.toasted"} <= rows.keys()
