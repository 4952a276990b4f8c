"""What counting costs the store: the same transactions stored with counting and, here alone, without it, in turn.

Through the store's own writer, into two sources of one history. The ratio of time is that of the fastest of each;
beside it the median of the pairs, which tells how busy the machine was. On one embedded server of its own.

Run: python -m benchmarks.rollup_cost [--pairs N]
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, NamedTuple

from benchmarks.own_site import own_site


class Shape(NamedTuple):
    """What is stored in turn. rows: of a transaction; session: transactions of one."""

    name: str
    rows: int
    session: int
    flush: int  # transactions that are stored at once
    flushes: int


SHAPES = (
    Shape("500 transactions of 10 rows at once", 10, 20, 500, 2),
    Shape("500 of a row at once", 1, 20, 500, 4),
    Shape("the same, each of another session", 1, 1, 500, 4),
    Shape("one of a row at once", 1, 20, 1, 200),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    options = parser.parse_args()
    with own_site():
        from django.core.management import call_command

        from benchmarks.history import filler

        call_command("migrate", verbosity=0)
        filling = filler.Filler(sources=2)
        print(f"{'changes a second, at best':38} {'counting':>10} {'without':>10} {'ratio':>8} {'median':>8}")
        for shape in SHAPES:
            filler.PER_TRANSACTION, filler.PER_SESSION = shape.rows, shape.session
            _print(shape, [_pair(filling, shape, turn) for turn in range(options.pairs + 1)][1:])


def _pair(filling: Any, shape: Shape, turn: int) -> tuple[float, float]:
    """Seconds with counting, and without."""
    flushes = [[filling._transaction() for _ in range(shape.flush)] for _ in range(shape.flushes)]
    counting, plain = filling.sources
    if turn % 2:
        with_counts = _seconds(counting, flushes)
    with _no_counting():
        without = _seconds(plain, flushes)
    if not turn % 2:
        with_counts = _seconds(counting, flushes)
    return with_counts, without


def _seconds(source: Any, flushes: list[list[Any]]) -> float:
    from statetrace_ui.history.store import store

    begun = time.perf_counter()
    for transactions in flushes:
        store(source, transactions)
    return time.perf_counter() - begun


@contextmanager
def _no_counting() -> Iterator[None]:
    from statetrace_ui.history.history_writer import HistoryWriter

    counting = HistoryWriter._count
    HistoryWriter._count = lambda *_: None  # type: ignore[method-assign]
    yield
    HistoryWriter._count = counting  # type: ignore[method-assign]


def _print(shape: Shape, pairs: list[tuple[float, float]]) -> None:
    rows = shape.rows * shape.flush * shape.flushes
    counting, plain = (rows / min(seconds) for seconds in zip(*pairs, strict=True))
    ratio = median(one / other for one, other in pairs)
    print(f"{shape.name:38} {counting:>10,.0f} {plain:>10,.0f} {plain / counting:>8.3f} {ratio:>8.3f}", flush=True)


if __name__ == "__main__":
    main()
