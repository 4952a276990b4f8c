"""An application does whatever it likes, worker and servers are killed −9, and history is what the tables hold."""

import io
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from statetrace_ui.capture.table_work import position
from statetrace_ui.history.models import Source
from statetrace_ui.wal.connection import connect
from statetrace_ui.wal.snapshot import end_of_records
from statetrace_ui.web.models import Organisation
from tests.own_server import OwnServer
from tests.statetrace_ui.capture.verification.conftest import CLEAN, verify
from tests.statetrace_ui.capture.verification.crashing import SHOP_SETTINGS, Worker, own_dashboard, own_server
from tests.statetrace_ui.capture.verification.workload import TABLES, Writer, end_prepared
from tests.statetrace_ui.conftest import Audited
from tests.waiting import wait_until

ROUNDS = int(os.environ.get("WORKLOAD_ROUNDS", "3"))
LONG_ROUNDS = int(os.environ.get("WORKLOAD_LONG_ROUNDS", "200"))
WRITERS, WRITES, ALTERATIONS = 3, 30, 6
KILLED = 0.3


@pytest.fixture
def shop() -> Iterator[OwnServer]:
    with own_server(SHOP_SETTINGS) as server:
        yield server


@pytest.fixture
def dashboard(transactional_db: None, shop: OwnServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnServer]:
    """The dashboard, with the shop as its source."""
    with own_dashboard(monkeypatch) as server:
        Organisation.objects.create(name="Acme", slug="acme")
        with psycopg.connect(shop.url, autocommit=True) as database:
            for table in TABLES:
                database.execute(table)
        call_command("add_source", "shop", shop.url, "--exclude", "public.everything.hidden", stdout=io.StringIO())
        yield server


@pytest.fixture
def worker(dashboard: OwnServer, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path)
    yield worker
    worker.end()


def work_at_once(url: Callable[[], str], chance: random.Random, kill: Callable[[], None]) -> None:
    """One round: everybody writes, something is killed meanwhile, and then all comes to rest."""
    seeds = [chance.randrange(1 << 30) for _ in range(WRITERS + 1)]
    writers = [Writer(url, seed, WRITES, "writes") for seed in seeds[:-1]]
    writers.append(Writer(url, seeds[-1], ALTERATIONS, "alterations"))
    for writer in writers:
        writer.start()
    kill()
    for writer in writers:
        writer.join()
    with psycopg.connect(url(), autocommit=True) as database:
        end_prepared(database, chance, 1.0)
    assert sum(writer.refused for writer in writers) < sum(writer.done for writer in writers) / 2


def kill_some(chance: random.Random, worker: Worker, servers: Sequence[OwnServer]) -> None:
    """Each with some probability; servers start again, the worker does so by itself."""
    everybody: list[Worker | OwnServer] = [worker, *servers]
    victims = [one for one in everybody if chance.random() < KILLED]
    for victim in chance.sample(victims, len(victims)):
        threading.Event().wait(chance.random() / 5)
        victim.kill()
    for server in servers:
        if server in victims:
            server.start()


def settled_and_verified(source: Source, url: str) -> tuple[int, dict[str, Any]]:
    """What `verify_history` says once every table is published and read that has to be."""
    connection.close()  # its server may have been killed
    shop = Audited(url)
    try:
        with connect(url) as database:
            target = end_of_records(position(database))
            wait_until(lambda: shop.is_settled(source, target, database))
    finally:
        shop.connection.close()
    return verify("shop", "--chain")


@pytest.mark.early
@pytest.mark.parametrize("rounds", [ROUNDS, pytest.param(LONG_ROUNDS, marks=pytest.mark.long)], ids=["short", "long"])
def test_history_is_what_the_tables_hold(shop: OwnServer, dashboard: OwnServer, worker: Worker, rounds: int) -> None:
    seed = int(os.environ.get("WORKLOAD_SEED", "0")) or random.randrange(1 << 30)
    sys.stderr.write(f"WORKLOAD_SEED={seed}\n")
    chance, source, rows = random.Random(seed), Source.objects.get(), dict[str, int]()
    for number in range(rounds):
        work_at_once(lambda: shop.url, chance, lambda: kill_some(chance, worker, [shop, dashboard]))
        status, document = settled_and_verified(source, shop.url)
        problems = [one for one in document.get("tables", []) if one["differences"] or one["not_compared"]]
        rows.update({one["table"]: one["rows"] for one in document.get("tables", []) if one["rows"]})
        assert (status, problems, document.get("error")) == (CLEAN, [], None), (
            f"round {number}, seed {seed}: {problems}"
        )
        assert worker.works
    assert {"public.everything", "public.keyless", "public.toasted"} <= rows.keys()
