"""What annotating costs a Django project per write, beside the same writes without it, in one run.

Run: python -m benchmarks.annotate [writes]. On an embedded server of its own, in a temporary folder, so every commit
waits for the disk as it would in production.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

ROUNDS = 7
TABLES = """
CREATE TABLE item (id bigint PRIMARY KEY, amount int NOT NULL);
INSERT INTO item SELECT n, 0 FROM generate_series(1, 100) n;
CREATE TABLE statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json);
"""
UPDATE = "UPDATE item SET amount = amount + 1 WHERE id = %s"


def main(writes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        _run(_connect(Path(home)), writes)


def _connect(home: Path) -> AbstractContextManager[Any]:
    from django.conf import settings

    from statetrace_ui import embedded, env

    url = embedded.database_url(embedded.start(home), "audited")
    settings.configure(
        DATABASES={"default": env.database(url, "url")},
        INSTALLED_APPS=["statetrace_ui.annotate"],
        ROOT_URLCONF="benchmark",
        USE_TZ=True,
    )
    import django
    from django.db import connection

    django.setup()
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
    return connection.cursor()


def _run(cursor_context: AbstractContextManager[Any], writes: int) -> None:
    from django.db import transaction

    from statetrace_ui.annotate.context import action, session

    with cursor_context as cursor:

        def autocommit() -> None:
            cursor.execute(UPDATE, [1])

        def atomic() -> None:
            with transaction.atomic():
                cursor.execute(UPDATE, [1])

        def atomic_of_ten() -> None:
            with transaction.atomic():
                for number in range(1, 11):
                    cursor.execute(UPDATE, [number])

        def read() -> None:
            cursor.execute("SELECT amount FROM item WHERE id = %s", [1])

        print(f"{writes} times each, median of {ROUNDS} rounds; PostgreSQL {_version(cursor)}, one client\n")
        print(f"{'':34}{'without':>12}{'annotated':>12}{'difference':>13}{'ratio':>8}")
        cases = {
            "one write in autocommit": autocommit,
            "one write in atomic": atomic,
            "ten writes in atomic": atomic_of_ten,
            "a read": read,
        }
        for name, work in cases.items():
            plain, annotated = _compare(work, writes, lambda: session(actor_id="1"), lambda: action(url="/item/"))
            print(
                f"{name:34}{plain:>9.3f} ms{annotated:>9.3f} ms{annotated - plain:>10.3f} ms{annotated / plain:>8.2f}"
            )


def _compare(
    work: Callable[[], None],
    times: int,
    session: Callable[[], AbstractContextManager[Any]],
    action: Callable[[], AbstractContextManager[Any]],
) -> tuple[float, float]:
    """Milliseconds without and with; the two take turns, so that whatever else the machine does hits both."""
    plain, annotated = [], []
    for _ in range(ROUNDS):
        plain.append(_milliseconds(work, times, nullcontext))
        with session():
            annotated.append(_milliseconds(work, times, action))
    return statistics.median(plain), statistics.median(annotated)


def _milliseconds(work: Callable[[], None], times: int, context: Callable[[], AbstractContextManager[Any]]) -> float:
    started = time.perf_counter()
    for _ in range(times):
        with context():
            work()
    return (time.perf_counter() - started) / times * 1000


def _version(cursor: object) -> str:
    cursor.execute("SHOW server_version")  # type: ignore[attr-defined]
    return str(cursor.fetchone()[0])  # type: ignore[attr-defined]


if __name__ == "__main__":
    os.environ["LOG_LEVEL"] = "WARNING"
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
