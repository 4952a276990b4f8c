"""Calls copied into a table from numpy columns: the importer's binary COPY beside ADBC's ingestion of an Arrow table.

Run: python -m benchmarks.copying [calls]. Everything on one embedded server of its own, in a temporary folder.
"""

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from benchmarks.own_site import own_site
from replica.importing.bundle import Calls

SESSION = "d3bf5f07-e910-11eb-a576-acde48001122"
ROUNDS = 5
Seconds = tuple[float, float]  # by the clock, and of this process's CPU


def main(count: int) -> None:
    with own_site(log_level="WARNING"):
        _print(count, *_run(_calls(count)))


def _calls(count: int) -> Calls:
    row, one = np.arange(1, count + 1), np.ones(count, dtype=np.int64)
    return Calls(
        process_id=one,
        thread_id=one,
        method_id=row % 1000,
        id=row,
        start_us=row * 2,
        end_us=row * 2 + 1,
        cpu_us=one,
        parent_id=np.where(row % 10 == 1, -1, row - 1),
        depth=(row - 1) % 10,
    )


def _run(calls: Calls) -> tuple[Seconds, Seconds]:
    import psycopg
    from django.conf import settings

    from replica.importing.binary_copy import copy_calls
    from replica.schema.definition import create_tables

    ours, peer = [], []
    with psycopg.connect(settings.STORE_URL, autocommit=True) as connection:
        create_tables(connection)
        for _ in range(ROUNDS):
            connection.execute("TRUNCATE function_call_site")
            ours.append(_timed(lambda: copy_calls(connection, SESSION, calls)))
            connection.execute("TRUNCATE function_call_site")
            peer.append(_timed(lambda: _ingest(settings.STORE_URL, calls)))
    return _middle(ours), _middle(peer)


def _ingest(url: str, calls: Calls) -> None:
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("function_call_site", _table(calls), mode="append")
        connection.commit()


def _table(calls: Calls) -> pa.Table:
    def column(values: Any, null: int) -> pa.Array:
        return pa.array(values, mask=values == null)

    return pa.table(
        {
            "session_id": pa.repeat(SESSION, len(calls)),
            "process_id": calls.process_id,
            "thread_id": calls.thread_id,
            "method_id": calls.method_id,
            "id": calls.id,
            "start_time_us": calls.start_us,
            "end_time_us": calls.end_us,
            "cpu_time_us": column(calls.cpu_us, -1),
            "parent_call_id": column(calls.parent_id, -1),
            "depth": column(calls.depth, 0),
        }
    )


def _timed(run: Callable[[], None]) -> Seconds:
    started = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - started[0], time.process_time() - started[1]


def _middle(rounds: list[Seconds]) -> Seconds:
    clock, cpu = zip(*rounds, strict=True)
    return median(clock), median(cpu)


def _print(count: int, ours: Seconds, peer: Seconds) -> None:
    print(f"{count:,} calls into the keyed table; medians of {ROUNDS} rounds")
    print(f"{'':44} {'seconds':>9} {'of own CPU':>11}")
    for name, seconds in (("Statetrace UI: binary COPY of numpy columns", ours), ("ADBC: Arrow table ingested", peer)):
        print(f"{name:44} {seconds[0]:>9.2f} {seconds[1]:>11.2f}")
    print(f"ratio {ours[0] / peer[0]:.2f}, of own CPU {ours[1] / peer[1]:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
