"""What the chain costs: rows a second stored with and without it, and walked, beside a plain COPY of the same rows.

Run: python -m benchmarks.chain [rows]. Everything on one embedded server of its own, in a temporary folder.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from benchmarks.own_site import own_site


class Timed(NamedTuple):
    """seconds: by the clock. cpu: seconds of this process alone, which other programs do not disturb."""

    seconds: float
    cpu: float

    def __add__(self, other: "Timed") -> "Timed":  # type: ignore[override]
        return Timed(self.seconds + other.seconds, self.cpu + other.cpu)


FLUSH_ROWS = 10_000
PER_TRANSACTION = 10
SINGLE = 500  # flushes of one row each
COPY = "COPY (SELECT * FROM history_change WHERE source_id = {} AND NOT baseline ORDER BY id) TO STDOUT"


def main(rows: int) -> None:
    with own_site(log_level="WARNING"):
        _run(rows)


def _run(rows: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from statetrace_ui.history.chain.verify import verify_chain

    call_command("migrate", verbosity=0)
    with _without_chain():
        bare, bare_single = _stored("bare", rows)[1:]
    source, chained, single = _stored("chained", rows)
    print("CPU is that of this process, without the server's")
    print(f"{rows:,} rows in flushes of {FLUSH_ROWS:,}, {PER_TRANSACTION} a transaction")
    print(f"{'':50} {'seconds':>9} {'rows/s':>12} {'CPU µs a row':>12}")
    _print("stored without the chain", rows, bare)
    _print("stored with it", rows, chained)
    _print("stored without, a row a flush", SINGLE, bare_single)
    _print("stored with it, a row a flush", SINGLE, single)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (FREEZE, ANALYZE) history_change")
    plain = _timed(lambda: _copied(COPY.format(source.pk)))
    _print("COPY of the changes TO STDOUT, thrown away", rows, plain)
    walk = _timed(lambda: _check(verify_chain(source, lambda _: None)))
    _print("walked: changes, transactions, links", rows, walk)
    print(f"walk to COPY {walk.seconds / plain.seconds:.2f}")
    print(
        f"storing with the chain to without {chained.seconds / bare.seconds:.2f}, by CPU {chained.cpu / bare.cpu:.2f}"
    )


def _check(report: Any) -> None:
    assert report.clean, report.findings


@contextmanager
def _without_chain() -> Iterator[None]:
    from statetrace_ui.history.chain.writer import ChainWriter

    names = ("add_changes", "add_transactions", "extend", "added", "before")
    kept = {name: getattr(ChainWriter, name) for name in names}
    for name in names:
        setattr(ChainWriter, name, lambda *_, **__: None)
    yield
    for name, method in kept.items():
        setattr(ChainWriter, name, method)


def _stored(name: str, rows: int) -> tuple[Any, Timed, Timed]:
    """A new source with so many rows, the seconds that took, and those of flushes of a single row."""
    from statetrace_ui.history.models import Source
    from statetrace_ui.history.store import store
    from statetrace_ui.web.models import Organisation

    organisation = Organisation.objects.get_or_create(name="Benchmark", slug="benchmark")[0]
    source = Source.objects.create(organisation=organisation, name=name, slot_name=name, publication_name=name)
    seconds = Timed(0.0, 0.0)
    for first in range(0, rows, FLUSH_ROWS):
        flush = [_transaction(number, PER_TRANSACTION) for number in range(first, first + FLUSH_ROWS, PER_TRANSACTION)]
        seconds += _timed(partial(store, source, flush))
    single = [[_transaction(rows + number, 1)] for number in range(SINGLE)]
    return source, seconds, _timed(lambda: [store(source, flush) for flush in single])


def _transaction(number: int, rows: int) -> Any:
    from statetrace_ui.wal.records import Transaction

    return Transaction(number * 8 + 8, number * 8 + 12, datetime.now(UTC), [_row(number + n) for n in range(rows)])


def _row(number: int) -> Any:
    from statetrace_ui.wal.records import row_change

    values = (
        number,
        f"customer {number % 1000}",
        f"state {number % 7}",
        number * 1.25,
        "note " * 8,
        "2026-03-01 12:00:00+00",
    )
    return row_change(_shape(), "I", new=dict(zip(_shape().names, map(str, values), strict=True)))


_SHAPES: list[Any] = []


def _shape() -> Any:
    from statetrace_ui.wal.records import Column, Relation

    if not _SHAPES:
        names = ("id", "customer", "state", "total", "note", "made_at")
        _SHAPES.append(Relation(1, "public", "purchase", "d", tuple(Column(n, "text", n == "id") for n in names)))
    return _SHAPES[0]


def _copied(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for _ in copy:
            pass


def _timed(run: Callable[[], object]) -> Timed:
    started, cpu = time.perf_counter(), time.process_time()
    run()
    return Timed(time.perf_counter() - started, time.process_time() - cpu)


def _print(name: str, rows: int, timed: Timed) -> None:
    print(f"{name:50} {timed.seconds:>9.2f} {rows / timed.seconds:>12,.0f} {timed.cpu / rows * 1e6:>12.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
