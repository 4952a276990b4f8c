"""Rows a second that `verify_history` compares, beside COPY of the same table to nowhere, and the memory that it takes.

Run: python -m benchmarks.verify [rows]. Everything on one embedded server of its own, in a temporary folder. A share of
the rows is updated after the baseline, so that history has two changes of it.
"""

import io
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.own_site import own_site

UPDATED = 5  # every fifth row
TABLES = {
    "keyed": "CREATE TABLE keyed (id bigint PRIMARY KEY, customer text, state text, total numeric(12,2), note text,"
    " made_at timestamptz)",
    "masked": "CREATE TABLE masked (id bigint PRIMARY KEY, password text, state text)",
    "keyless": "CREATE TABLE keyless (customer text, total numeric(12,2))",
}
FILLED = {
    "keyed": "SELECT n, 'customer ' || n % 1000, 'state ' || n % 7, n * 1.25, repeat('note ', 8), now()",
    "masked": "SELECT n, 'secret ' || n, 'state ' || n % 7",
    "keyless": "SELECT 'customer ' || n % 1000, n * 1.25",
}


def main(rows: int) -> None:
    with own_site():
        _run(rows)


def _run(rows: int) -> None:
    import psycopg
    from django.conf import settings
    from django.core.management import call_command

    from statetrace_ui.embedded import database_url
    from statetrace_ui.history.models import Source
    from statetrace_ui.web.models import Organisation

    call_command("migrate", verbosity=0)
    Organisation.objects.create(name="Benchmark", slug="benchmark")
    url = database_url(settings.REPLICA_SERVER_URL, "audited")
    with psycopg.connect(url, autocommit=True) as audited:
        for name, table in TABLES.items():
            audited.execute(table)
            audited.execute(f"INSERT INTO {name} {FILLED[name]} FROM generate_series(1, {rows}) AS n")
        audited.execute("ALTER TABLE keyless REPLICA IDENTITY FULL")
        audited.execute("VACUUM ANALYZE")
        call_command("add_source", "audited", url, stdout=io.StringIO())
        source = Source.objects.get()
        with _capturing(source.pk):
            audited.execute(f"UPDATE keyed SET state = 'later' WHERE id % {UPDATED} = 0")
            copied = {name: _timed(lambda name=name: _copy(audited, name)) for name in TABLES}  # type: ignore[misc]
            for name in TABLES:
                seconds, result = _verified(source, name)
                print(
                    f"{name:8} {result.rows:>12,} rows  COPY {rows / copied[name]:>12,.0f}/s  verified"
                    f" {rows / seconds:>12,.0f}/s  ratio {copied[name] / seconds:.2f}  differences {result.found}"
                    f" {result.reason}  memory at most {_memory():,} MB"
                )


def _verified(source: Any, name: str) -> tuple[float, Any]:
    """The seconds after history had caught up."""
    from statetrace_ui.capture.verification import waiting
    from statetrace_ui.capture.verification.verifier import Verifier

    waiting.PATIENCE_SECONDS = 3600
    list(Verifier(source, [("public", name)]).results())  # waits for history
    found: list[Any] = []
    seconds = _timed(lambda: found.extend(Verifier(source, [("public", name)]).results()))
    return seconds, found[0]


def _copy(audited: Any, name: str) -> None:
    with Path(os.devnull).open("wb") as nowhere, audited.cursor().copy(f"COPY {name} TO STDOUT") as copy:
        for block in copy:
            nowhere.write(block)


@contextmanager
def _capturing(source_id: int) -> Any:
    from statetrace_ui.capture import keeping, worker

    worker.IDLE_SECONDS = 0.2
    stop = threading.Event()
    thread = threading.Thread(target=keeping.keep_capturing, args=(keeping.Hold(source_id, 0), stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
